// The scripts of the workspace are plain JavaScript; what the benchmarks take of them.
declare module '*/scripts/process.mjs' {
  export const root: string
  export function npm(
    args: readonly string[],
    options: { readonly cwd: string },
  ): Promise<{ readonly code: number; readonly output: string }>
}
