// @types/node declares the values TextEncoder and TextDecoder but not the types of the same names, which declarations
// of runtime-neutral packages use. Only our own compilation sees this file; it is not published.
declare global {
  type TextEncoder = InstanceType<typeof globalThis.TextEncoder>
  type TextDecoder = InstanceType<typeof globalThis.TextDecoder>
}

export {}
