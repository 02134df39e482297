import { useState, type ReactElement } from 'react'
import { supportsPasskeys, type FactorId } from '@latchkey/browser'
import type { PendingAttempt } from '../pending-attempt.ts'
import { EmailCodeFactor } from './email-code.tsx'
import type { FactorProps } from './factor.ts'
import { PasskeyFactor } from './passkey.tsx'
import { PasswordFactor } from './password.tsx'
import { RecoveryCodeFactor } from './recovery-code.tsx'
import { TotpFactor } from './totp.tsx'

/** In the order in which they are offered; the first that the server accepts is asked for, the others can be chosen. */
const factors: readonly (readonly [FactorId, (props: FactorProps) => ReactElement])[] = [
  ['passkey', PasskeyFactor],
  ['totp', TotpFactor],
  ['email_code', EmailCodeFactor],
  ['password', PasswordFactor],
  ['recovery_code', RecoveryCodeFactor],
]

export interface ChosenFactor {
  /** `undefined`: the server asks for something that these pages do not know. */
  readonly id: FactorId | undefined
  readonly Factor: ((props: FactorProps) => ReactElement) | undefined
  readonly others: readonly FactorId[]
  choose(factor: FactorId): void
}

export function useFactor(pending: PendingAttempt | undefined): ChosenFactor {
  const [choice, choose] = useState<FactorId>()
  const accepted = factors.filter(
    ([factor]) => pending?.factors.includes(factor) === true && (factor !== 'passkey' || supportsPasskeys()),
  )
  const [id, Factor] = accepted.find(([factor]) => factor === choice) ?? accepted[0] ?? []
  return { id, Factor, others: accepted.flatMap(([factor]) => (factor === id ? [] : [factor])), choose }
}
