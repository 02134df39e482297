import type { Core } from '../core/core.ts'
import type { DeviceId } from '../session/device.ts'
import type { Write } from '../store/writes.ts'
import type { EmailAddress } from '../user/email-address.ts'
import type { BudgetCharge, Charge } from './budget.ts'

type Ports = Pick<Core, 'keys' | 'settings'>

/** The pseudonym under which budgets know an address: keyed, so that the table of budgets names nobody. */
export function accountKey({ keys }: Pick<Core, 'keys'>, email: EmailAddress): string {
  return keys.pseudonym('account', email)
}

/**
 * Who asks. On a known device its own budget stands in for the account's, so that whoever exhausts the account from outside does not lock
 * its owner out (design rule 9).
 */
export interface Asking {
  readonly account: string
  readonly network: string
  /** A device of this very account, or none. */
  readonly device: DeviceId | null
}

/** Before a password is looked at. */
export function passwordCharges(
  { settings: { limits } }: Ports,
  { account, network, device }: Asking,
): readonly BudgetCharge[] {
  return [
    ...(device === null ? [] : [budget(`password/device/${device}`, limits.passwordPerDevice)]),
    budget(`password/network/${network}`, limits.passwordPerNetwork),
    ...(device === null ? [budget(`password/account/${account}`, limits.passwordPerAccount)] : []),
  ]
}

/** Before a code is compared, beside the attempt at its challenge. */
export function codeCharges(
  { settings: { limits } }: Ports,
  { account, network, device }: Asking,
): readonly BudgetCharge[] {
  return [
    ...(device === null ? [] : [budget(`code/device/${device}`, limits.codePerAccount)]),
    budget(`code/network/${network}`, limits.codePerNetwork),
    ...(device === null ? [budget(`code/account/${account}`, limits.codePerAccount)] : []),
  ]
}

/** Before a code of an authenticator app or a recovery code is compared, beside the attempt at its challenge. */
export function factorCharges(
  { settings: { limits } }: Ports,
  { account, network, device }: Asking,
): readonly BudgetCharge[] {
  return [
    ...(device === null ? [] : [budget(`factor/device/${device}`, limits.factorPerAccount)]),
    budget(`factor/network/${network}`, limits.factorPerNetwork),
    ...(device === null ? [budget(`factor/account/${account}`, limits.factorPerAccount)] : []),
  ]
}

/** Before a ceremony begins: anybody can begin one, and each leaves a row. */
export function ceremonyCharges(
  { settings: { limits } }: Ports,
  { network }: { readonly network: string },
): readonly BudgetCharge[] {
  return [budget(`ceremony/network/${network}`, limits.ceremonyPerNetwork)]
}

/** Before a sign-in link is mailed: its own ceilings, and those of all mail. */
export function linkCharges(ports: Ports, asking: Asking): readonly BudgetCharge[] {
  const { limits } = ports.settings
  return [
    budget(`link/network/${asking.network}`, limits.linkPerNetwork),
    budget(`link/address/${asking.account}`, limits.linkPerAddress),
    ...mailCharges(ports, asking),
  ]
}

/** Before a mail with a secret is queued. */
export function mailCharges(
  { settings: { limits } }: Ports,
  { account, network, device }: Asking,
): readonly BudgetCharge[] {
  return [
    ...(device === null ? [] : [budget(`mail/device/${device}`, limits.mailPerAddress)]),
    budget(`mail/network/${network}`, limits.mailPerNetwork),
    ...(device === null ? [budget(`mail/address/${account}`, limits.mailPerAddress)] : []),
  ]
}

export function resetCharges(
  ports: Ports,
  { account, network }: { readonly account: string; readonly network: string },
): readonly BudgetCharge[] {
  const { limits } = ports.settings
  return [
    budget(`mail/network/${network}`, limits.mailPerNetwork),
    budget(`reset/address/${account}`, limits.resetPerAddress),
  ]
}

export function signUpCharges(
  ports: Ports,
  { account, network }: { readonly account: string; readonly network: string },
): readonly BudgetCharge[] {
  return [
    budget(`sign-up/network/${network}`, ports.settings.limits.signUpPerNetwork),
    ...mailCharges(ports, { account, network, device: null }),
  ]
}

/** Before a refusal is written down that no other budget bounds. */
export function refusalCharges(
  { settings: { limits } }: Pick<Ports, 'settings'>,
  { network }: { readonly network: string },
): readonly BudgetCharge[] {
  return [budget(`refusal/network/${network}`, limits.refusalPerNetwork)]
}

/** The writes that give the charges of a success back, so that limits count failures. `at` is the `now` of the charge. */
export function refundsOf(charges: readonly Charge[], at: number): readonly Write[] {
  return charges.flatMap((charge) =>
    charge.kind === 'budget' ? [{ kind: 'refundBudget', key: charge.key, at } as const] : [],
  )
}

function budget(key: string, ceiling: { readonly limit: number; readonly windowMs: number }): BudgetCharge {
  return { kind: 'budget', key, limit: ceiling.limit, windowMs: ceiling.windowMs }
}
