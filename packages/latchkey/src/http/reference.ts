import { auditEventKinds } from '../audit/audit-event.ts'
import { problems } from '../methods/problem.ts'
import { faults } from '../platform/errors.ts'

/** Not imported at run time: `scripts/docs.mjs` writes these tables. */
const generated = 'Written by `npm run docs` from the source; change it there.'

/** `docs/errors.md`: what clients may see, then what code may catch. */
export function errorsMarkdown(): string {
  return page([
    '# Errors',
    generated,
    '## Problems',
    'What the HTTP routes answer with, as `application/problem+json` (RFC 9457): `{ type, title, status, code, detail?, retryAfter?, fields? }`. ' +
      '`code` is one of these and what programs go by. 429 and 503 carry `Retry-After`.',
    table(
      ['code', 'status', 'title', 'what to do'],
      Object.entries(problems).map(([code, { status, title, help }]) => [`\`${code}\``, String(status), title, help]),
    ),
    '## Faults',
    'What code that calls the library may catch: `LatchkeyError` with this `code`. Outcomes such as a wrong password are returned, never thrown.',
    table(
      ['code', 'meaning, and what to do'],
      Object.entries(faults).map(([code, help]) => [`\`${code}\``, help]),
    ),
  ])
}

/** `docs/events.md`: the vocabulary of the audit log. */
export function eventsMarkdown(): string {
  return page([
    '# Events of the audit log',
    generated,
    'Each row of the log has one of these kinds. It is written in the commit of the change that it tells of, so neither exists without the other.',
    table(
      ['kind', 'meaning'],
      Object.entries(auditEventKinds).map(([kind, meaning]) => [`\`${kind}\``, meaning]),
    ),
  ])
}

function page(blocks: readonly string[]): string {
  return `${blocks.join('\n\n')}\n`
}

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  return [line(heads), line(heads.map(() => '---')), ...rows.map(line)].join('\n')
}
