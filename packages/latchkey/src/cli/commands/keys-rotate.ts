import { noContext } from '../../core/request-context.ts'
import type { Command, CommandInput } from '../command.ts'
import { exitCodes, type ExitCode } from '../exit-codes.ts'
import { countHangingOn } from '../hanging-on.ts'
import { withEngine, type Engine } from '../open-engine.ts'
import { resealEverything } from '../reseal.ts'

export const command: Command = {
  description:
    'Rotates the keys that sign access tokens: the next one signs from now on, the current one stays published until its last token has expired, and a new next one is published ahead. With --secret it rotates nothing but seals anew, under the newest secret of LATCHKEY_SECRET, the keys of persons and of signatures and the secrets of authenticator apps that hang on an older one; servers may run meanwhile, if they have both secrets.',
  options: { secret: { type: 'boolean', help: 'seal anew under the newest secret' } },
  examples: ['latchkey keys rotate', 'LATCHKEY_SECRET=$NEW,$OLD latchkey keys rotate --secret'],
  run: (input) =>
    withEngine(input.config, (engine) =>
      input.flag('secret') ? resealSecrets(engine, input) : rotateKeys(engine, input),
    ),
}

async function rotateKeys({ auth, storage }: Engine, { answer, refuse }: CommandInput): Promise<ExitCode> {
  const rotated = await auth.signingKeys.rotate(noContext, 'cli')
  if (!rotated) return refuse('conflict', 'Another rotation was faster.')
  const keys = (await storage.listSigningKeys()).map(({ kid, state }) => ({ kid, state }))
  answer({ keys }, keys.map(({ kid, state }) => `${state.padEnd(9)} ${kid}\n`).join(''))
  return exitCodes.ok
}

async function resealSecrets({ core }: Engine, { answer, console }: CommandInput): Promise<ExitCode> {
  const { personKeys, signingKeys, totpSecrets, providerTokens, unknown } = await resealEverything(core, (done) =>
    console.progress(`${done} person keys sealed anew`),
  )
  const { queuedMessages, recoveryCodes } = await countHangingOn(core)
  const hasOld = core.keys.keyIds.length > 1
  const rest = `Still hanging on an old secret, and not to be sealed anew: ${queuedMessages.old} queued mails and registrations under way (a day at most), ${recoveryCodes.old} recovery codes (their owners can make new ones), sessions and known devices of its time (they would have to sign in again), audit rows (latchkey audit verify could say nothing about them). Keep the old secret until you can do without those.`
  answer(
    {
      resealed: { personKeys, signingKeys, totpSecrets, providerTokens },
      unknown,
      queuedMessages: queuedMessages.old,
      recoveryCodes: recoveryCodes.old,
    },
    [
      `${personKeys} person keys, ${signingKeys} signing keys, ${totpSecrets} secrets of authenticator apps and ${providerTokens} identities of other providers sealed anew.`,
      ...(unknown === 0
        ? []
        : [`${unknown} are sealed under a secret that is not in LATCHKEY_SECRET: put it back behind the new one.`]),
      ...(hasOld ? [rest] : []),
      '',
    ].join('\n'),
  )
  return unknown === 0 ? exitCodes.ok : exitCodes.refused
}
