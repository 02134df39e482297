import { call, type CallOptions, type CallResult, type HttpMethod, type Json } from './call.ts'
import { needsStepUp, type Failure, type StepUpProblemCode } from './problem.ts'
import type { Tabs } from './tabs.ts'
import type { Held, Tokens } from './tokens.ts'

/**
 * Raises the session when a call was refused for want of it: shows the person `stepUp`'s factors and answers whether they were given. The
 * call is then made again, once.
 */
export type StepUpHandler = (code: StepUpProblemCode) => Promise<boolean>

export interface SendPorts {
  readonly options: CallOptions
  readonly tabs: Tabs
  /** `undefined` in cookie mode. */
  readonly tokens: Tokens | undefined
  readonly onStepUpRequired: StepUpHandler | undefined
}

/** One call of the client. The server is ours and its answers are typed by its own schemas: they are taken at their word here, and only here. */
export type Send = <Result extends { readonly ok: true }>(
  method: HttpMethod,
  path: string,
  body?: Json,
) => Promise<Result | Failure>

export function createSend({ options, tabs, tokens, onStepUpRequired }: SendPorts): Send {
  const once = async (method: HttpMethod, path: string, body?: Json): Promise<CallResult> => {
    const as = (held: Held | undefined): Promise<CallResult> =>
      call(options, { method, path, body, ...(tokens && { accessToken: held?.accessToken ?? null }) })
    const held = await tokens?.current()
    const first = await as(held)
    if (!tokens || !held || first.ok || first.code !== 'unauthenticated') return first
    const next = await tokens.turned(held)
    return next && next.refreshToken !== held.refreshToken ? as(next) : first
  }

  // Calls that were refused at the same time wait for one step-up.
  let raising: Promise<boolean> | undefined
  const raise = (code: StepUpProblemCode): Promise<boolean> => {
    raising ??= (onStepUpRequired?.(code) ?? Promise.resolve(false)).finally(() => {
      raising = undefined
    })
    return raising
  }

  return async <Result extends { readonly ok: true }>(method: HttpMethod, path: string, body?: Json) => {
    let result = await once(method, path, body)
    // Refused before anything was done, so it can be said again.
    if (needsStepUp(result) && (await raise(result.code))) result = await once(method, path, body)
    if (!result.ok) return result
    // Tokens go where they are kept, never to the caller.
    const { tokens: issued, device, ...answer } = result.body
    if (issued || device) await tokens?.keep({ tokens: issued, device })
    if (answer['status'] === 'signed_in') tabs.tell('signed_in')
    return { ok: true, ...answer } as unknown as Result
  }
}
