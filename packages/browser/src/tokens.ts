import { call, type CallOptions, type CallResult, type Json } from './call.ts'
import type { Tabs } from './tabs.ts'

/**
 * Where the tokens of token mode are kept, one text for all of them. A storage that the tabs share (`localStorage`) keeps a person signed in
 * after a reload; whatever runs in the page can read it too. Without one they live in the memory of this tab.
 */
export interface TokenStorage {
  read(): string | null | Promise<string | null>
  write(text: string | null): void | Promise<void>
}

export interface Held {
  readonly accessToken: string
  readonly refreshToken: string
  /** When the access token is over, by this device's clock; epoch milliseconds. */
  readonly expiresAt: number
}

interface Kept {
  readonly held?: Held | undefined
  /** Outlives the session, as a browser's device cookie does: it spares a known device the mailed code. */
  readonly device?: string | undefined
}

export interface Tokens {
  device(): Promise<string | undefined>
  /** Tokens that are good for a while yet, turned if need be; nothing when nobody is signed in. */
  current(): Promise<Held | undefined>
  /** The successors of a pair that is over or was refused. */
  turned(spent: Held): Promise<Held | undefined>
  /** Keeps what an answer carries, if it carries any. */
  keep(answer: Json): Promise<void>
  drop(): Promise<void>
}

/** An access token this close to its end is turned before it is used: it has to live until the request is answered. */
const marginMs = 30_000

export function createTokens(options: CallOptions, tabs: Tabs, storage: TokenStorage = memory()): Tokens {
  let turn: Promise<Held | undefined> | undefined

  // The storage is asked each time: another tab may have turned the tokens or signed out.
  const kept = async (): Promise<Kept> => {
    const text = await storage.read()
    try {
      return JSON.parse(text ?? '{}') as Kept
    } catch {
      // Whatever it is, it is not ours.
      return {}
    }
  }
  const write = async (changes: Kept): Promise<void> => storage.write(JSON.stringify({ ...(await kept()), ...changes }))
  const drop = async (): Promise<void> => {
    await write({ held: undefined })
    tabs.tell('signed_out')
  }
  const keep = async ({ tokens, device }: Json): Promise<void> => {
    const { accessToken, refreshToken, expiresIn } = (tokens ?? {}) as Record<string, string> & { expiresIn?: number }
    await write({
      ...(accessToken &&
        refreshToken && {
          held: { accessToken, refreshToken, expiresAt: Date.now() + Number(expiresIn) * 1_000 },
        }),
      ...(typeof device === 'string' && { device }),
    })
  }
  const refresh = (refreshToken: string): Promise<CallResult> =>
    call(options, { method: 'POST', path: '/session/refresh', body: { refreshToken }, accessToken: null })

  const takeTurn = async (spent: Held): Promise<Held | undefined> => {
    const { held } = await kept()
    // Another tab was first, or the person signed out. An access token may be the same after a turn, the refresh token never.
    if (held?.refreshToken !== spent.refreshToken) return held
    let result = await refresh(held.refreshToken)
    // The turn may have happened and its answer be lost: for a moment the server gives the same successor again.
    if (!result.ok && result.code === 'unreachable') result = await refresh(held.refreshToken)
    if (result.ok) await keep(result.body)
    else if (result.code === 'invalid_refresh_token') await drop()
    return (await kept()).held
  }
  const turned = (spent: Held): Promise<Held | undefined> => {
    turn ??= tabs
      .alone(() => takeTurn(spent))
      .finally(() => {
        turn = undefined
      })
    return turn
  }

  return {
    device: async () => (await kept()).device,
    async current() {
      const { held } = await kept()
      return held && held.expiresAt - marginMs <= Date.now() ? turned(held) : held
    },
    turned,
    keep,
    drop,
  }
}

function memory(): TokenStorage {
  let text: string | null = null
  return {
    read: () => text,
    write: (next) => {
      text = next
    },
  }
}
