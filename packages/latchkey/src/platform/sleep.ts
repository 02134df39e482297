/** The only way to wait. Injected, so that a test decides how long a pause is. */
export type Sleep = (milliseconds: number) => Promise<void>

export const systemSleep: Sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds))
