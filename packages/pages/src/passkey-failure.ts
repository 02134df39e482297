import type { PasskeyFailure } from '@latchkey/browser'

/** Whether the ceremony ended in the browser, before the server had anything to say. */
export function isOfBrowser(result: { readonly ok: boolean; readonly code?: string }): result is PasskeyFailure {
  return !result.ok && browserCodes.includes(result.code ?? '')
}

const browserCodes: readonly string[] = [
  'passkey_cancelled',
  'passkey_exists',
  'passkey_unsupported',
] satisfies readonly PasskeyFailure['code'][]
