import type { CDPSession, Page } from 'playwright-core'

/** Chromium's own authenticator for tests (WebAuthn automation, WebAuthn L3 section 11), through the developer tools. */
export interface VirtualAuthenticator {
  /** Whether its owner gives the PIN. */
  setUserVerified(isUserVerified: boolean): Promise<void>
  /** Whether somebody touches it, so that a ceremony ends. */
  setPresence(isPresent: boolean): Promise<void>
  /** Every key, as if copied at this moment. */
  copyKeys(): Promise<readonly VirtualKey[]>
  /** Puts copied keys in the place of those that it holds. */
  restoreKeys(keys: readonly VirtualKey[]): Promise<void>
}

type Protocol = Parameters<CDPSession['send']>[0]
export interface VirtualKey {
  readonly credentialId: string
  readonly isResidentCredential: boolean
  readonly rpId?: string
  readonly privateKey: string
  readonly userHandle?: string
  readonly signCount: number
}

export async function addVirtualAuthenticator(page: Page): Promise<VirtualAuthenticator> {
  const session = await page.context().newCDPSession(page)
  const send = (method: string, input: object = {}): Promise<unknown> =>
    session.send(method as Protocol, input as never) as Promise<unknown>
  await send('WebAuthn.enable')
  const { authenticatorId } = (await send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  })) as { readonly authenticatorId: string }
  return {
    async setUserVerified(isUserVerified) {
      await send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified })
    },
    async setPresence(enabled) {
      await send('WebAuthn.setAutomaticPresenceSimulation', { authenticatorId, enabled })
    },
    async copyKeys() {
      const { credentials } = (await send('WebAuthn.getCredentials', { authenticatorId })) as {
        readonly credentials: readonly VirtualKey[]
      }
      return credentials
    },
    async restoreKeys(keys) {
      await send('WebAuthn.clearCredentials', { authenticatorId })
      for (const credential of keys) await send('WebAuthn.addCredential', { authenticatorId, credential })
    },
  }
}
