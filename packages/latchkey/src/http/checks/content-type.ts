import type { Incoming } from '../exchange.ts'

/**
 * A body must call itself `application/json`, in UTF-8 if it names a charset, and not be compressed. A page of another site cannot send that without
 * a preflight (ASVS 3.5.2).
 */
export function isPlainJson(incoming: Incoming): boolean {
  return isPlain(incoming, 'application/json')
}

/** What a form of our own pages sends; only for routes that say so, behind the same check of the origin. */
export function isPlainForm(incoming: Incoming): boolean {
  return isPlain(incoming, 'application/x-www-form-urlencoded')
}

function isPlain(incoming: Incoming, wanted: string): boolean {
  const encoding = incoming.header('content-encoding')
  if (encoding !== null && encoding.trim().toLowerCase() !== 'identity') return false
  const contentType = incoming.header('content-type')
  if (contentType === null) return false
  if (contentType === wanted) return true
  const [type = '', ...parameters] = contentType.split(';')
  return type.trim().toLowerCase() === wanted && parameters.every(isHarmlessParameter)
}

function isHarmlessParameter(parameter: string): boolean {
  const [name = '', value = ''] = parameter.split('=')
  if (parameter.includes(',')) return false
  if (name.trim().toLowerCase() !== 'charset') return true
  const charset = value.trim().toLowerCase().replaceAll('"', '')
  return charset === 'utf-8' || charset === 'utf8'
}
