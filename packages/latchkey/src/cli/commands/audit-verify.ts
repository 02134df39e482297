import { readFileSync, writeFileSync } from 'node:fs'
import { asEventId } from '../../audit/audit-event.ts'
import { anchorOf, type SealAnchor } from '../../audit/seal-chain.ts'
import type { Command } from '../command.ts'
import { exitCodes } from '../exit-codes.ts'
import { withEngine } from '../open-engine.ts'

export const command: Command = {
  description:
    'Walks the whole audit log beside its seals and says what was changed, removed or put in, and where. A log whose tail was cut off cannot know it: keep the last seal elsewhere with --save-anchor, and give it back with --anchor.',
  options: {
    anchor: { type: 'string', value: 'FILE', help: 'a seal that was saved before' },
    'save-anchor': { type: 'string', value: 'FILE', help: 'save the last seal' },
  },
  examples: ['latchkey audit verify', 'latchkey audit verify --anchor seal.json --save-anchor seal.json'],
  run: ({ config, option, answer, refuse, console }) => {
    const anchorFile = option('anchor')
    const anchor = anchorFile === undefined ? undefined : readAnchor(anchorFile)
    if (anchorFile !== undefined && anchor === undefined) {
      return Promise.resolve(refuse('usage', `${anchorFile} holds no saved seal.`, exitCodes.usage))
    }
    return withEngine(config, async ({ auth, storage }) => {
      const report = await auth.verifyAudit({
        progress: ({ seals, ofSeals, events }) => console.progress(`${seals} of ${ofSeals} seals, ${events} events`),
        ...(anchor === undefined ? {} : { anchor }),
      })
      const seal = await storage.lastSeal()
      const save = option('save-anchor')
      if (save !== undefined && seal !== undefined && report.ok) {
        writeFileSync(save, `${JSON.stringify(anchorOf(seal))}\n`)
      }
      const { ok, events, seals, unsealedEvents, trimmedSeals, findings, findingCount } = report
      answer(
        {
          ok,
          events,
          seals,
          unsealedEvents,
          trimmedSeals,
          findingCount,
          findings,
          anchor: seal ? anchorOf(seal) : null,
        },
        [
          ...findings.map((finding) => `✗ ${JSON.stringify(finding)}`),
          ...(findingCount > findings.length ? [`… and ${findingCount - findings.length} more`] : []),
          `${ok ? '✓' : '✗'} ${events} events, ${seals} seals, ${trimmedSeals} of them trimmed by retention, ${findingCount} findings.`,
          '',
        ].join('\n'),
      )
      return ok ? exitCodes.ok : exitCodes.refused
    })
  },
}

function readAnchor(file: string): SealAnchor | undefined {
  const held: unknown = JSON.parse(readFileSync(file, 'utf8'))
  if (typeof held !== 'object' || held === null) return undefined
  if (!('sequence' in held && 'lastId' in held && 'mac' in held)) return undefined
  const { sequence, lastId, mac } = held
  if (typeof sequence !== 'number' || typeof lastId !== 'string' || typeof mac !== 'string') return undefined
  return { sequence, lastId: asEventId(lastId), mac }
}
