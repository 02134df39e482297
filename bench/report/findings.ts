/** What the figures do not say by themselves; kept by hand, beside the profiles of the run. */
export const findings: string = ''
