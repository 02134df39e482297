import type { Presented } from '../methods/route.ts'
import type { Cookies } from './cookies.ts'
import type { Incoming } from './exchange.ts'

const nothing: Presented = { sessionToken: undefined, accessToken: undefined, binding: undefined, device: undefined }

/**
 * The secrets that came along, unjudged. `withCookies` is false for a request that only `allowedOrigins` let in: a cross-origin client
 * uses tokens, credentials are never its way (http.md).
 */
export function readPresented(incoming: Pick<Incoming, 'header'>, cookies: Cookies, withCookies: boolean): Presented {
  const cookieHeader = withCookies ? incoming.header('cookie') : null
  const authorization = incoming.header('authorization')
  if (cookieHeader === null && authorization === null) return nothing
  const accessToken = authorization === null ? undefined : bearerToken(authorization)
  if (cookieHeader === null) return { ...nothing, accessToken }
  const { session, binding, device } = cookies.read(cookieHeader)
  return { sessionToken: session, accessToken, binding, device }
}

/** Larger than any token that we issue; node:http stops at 16 KiB of headers anyway. */
const maxTokenLength = 4_096

/** RFC 6750 section 2.1. Other schemes are not for us: a proxy in front may ask for Basic. Two values in one header are none. */
function bearerToken(authorization: string): string | undefined {
  const space = authorization.indexOf(' ')
  if (space === -1 || authorization.slice(0, space).toLowerCase() !== 'bearer') return undefined
  const token = authorization.slice(space + 1).trim()
  if (token === '' || token.length > maxTokenLength) return undefined
  for (let i = 0; i < token.length; i++) {
    const code = token.charCodeAt(i)
    // Visible ASCII; the blank behind the comma of joined headers is not.
    if (code <= 0x20 || code >= 0x7f) return undefined
  }
  return token
}
