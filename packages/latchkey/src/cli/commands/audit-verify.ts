import { existsSync, readFileSync, writeFileSync } from 'node:fs'
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
    if (anchorFile !== undefined && !existsSync(anchorFile)) {
      const problem = `There is no file ${anchorFile}; --save-anchor alone makes the first one.`
      return Promise.resolve(refuse('not_found', problem))
    }
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
      if (save !== undefined && seal === undefined && report.ok) {
        return refuse('no_seal', 'There is no seal to save yet: events are sealed when they are a minute old.')
      }
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
          ...(unsealedEvents > 0
            ? [`  ${unsealedEvents} of the events are younger than a minute or not sealed yet.`]
            : []),
          '',
        ].join('\n'),
      )
      return ok ? exitCodes.ok : exitCodes.refused
    })
  },
}

function readAnchor(file: string): SealAnchor | undefined {
  const held = parseJson(readFileSync(file, 'utf8'))
  if (typeof held !== 'object' || held === null) return undefined
  if (!('sequence' in held && 'lastId' in held && 'mac' in held)) return undefined
  const { sequence, lastId, mac } = held
  if (typeof sequence !== 'number' || typeof lastId !== 'string' || typeof mac !== 'string') return undefined
  return { sequence, lastId: asEventId(lastId), mac }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
