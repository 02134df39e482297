import { readCertificate, type Certificate } from '../../../../secrets/certificate.ts'

/** The certificates of a statement, leaf first; `undefined` unless there is at least one and each can be read. */
export function certificatesOf(statement: ReadonlyMap<unknown, unknown>): readonly Certificate[] | undefined {
  const encoded = statement.get('x5c')
  // Real chains have two or three members; each one costs a parse.
  if (!Array.isArray(encoded) || encoded.length === 0 || encoded.length > 8) return undefined
  const chain = encoded.map((one: unknown) => (one instanceof Uint8Array ? readCertificate(one) : undefined))
  return chain.every((certificate) => certificate !== undefined) ? chain : undefined
}

/** Whether the statement has these members and no others. */
export function hasExactly(statement: ReadonlyMap<unknown, unknown>, ...names: readonly string[]): boolean {
  return statement.size === names.length && names.every((name) => statement.has(name))
}

export function sameBytes(a: unknown, b: Uint8Array): boolean {
  return a instanceof Uint8Array && a.length === b.length && a.every((byte, index) => byte === b[index])
}
