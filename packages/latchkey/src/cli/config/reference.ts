import { configKeys, configNames, flagOf, type ConfigName } from './keys.ts'
import type { Kind } from './kind.ts'

/** `docs/configuration.md`, from the one schema. */
export function configurationMarkdown(): string {
  return [
    '# Configuration',
    '',
    'Generated from the schema in `packages/latchkey/src/cli/config/keys.ts` (`npm run docs`).',
    '',
    'A value comes from the first of: command line, environment, configuration file, default. The file is `latchkey.config.ts`, `.mjs`,',
    '`.js` or `.json` in the folder of the process, or what `--config` or `LATCHKEY_CONFIG` names; it exports `config` (or a default):',
    '',
    '```ts',
    "import { defineConfig } from 'latchkey/config'",
    '',
    "export const config = defineConfig({ publicUrl: 'https://auth.example.com', sessionIdle: '12h', limitPasswordPerAccount: '5/15m' })",
    '```',
    '',
    'Unknown `LATCHKEY_…` variables and unknown keys of the file are refused by name, and so are insecure values: short or placeholder',
    'secrets, `http:` addresses off localhost, `--dev` together with `NODE_ENV=production`, a public address or a foreign `HOST`. Production',
    'does not start without `LATCHKEY_SECRET`, `LATCHKEY_PUBLIC_URL` and SMTP. `latchkey config` prints what is in force and where it comes',
    'from; secrets are never printed and have no flag.',
    '',
    '| variable | key in the file | flag | default | what it does |',
    '|---|---|---|---|---|',
    ...configNames.map(row),
    '',
  ].join('\n')
}

function row(name: ConfigName): string {
  const { variable, help, kind, secret } = configKeys[name]
  const flag = flagOf(name)
  const told = `${help} (${kind.wanted}${secret === true ? '; secret' : ''})`
  return `| \`${variable}\` | \`${name}\` | ${flag === undefined ? '–' : `\`--${flag}\``} | ${fallbackOf(name)} | ${told.replaceAll('|', '\\|')} |`
}

function fallbackOf(name: ConfigName): string {
  const { fallback, fallbackText } = configKeys[name]
  if (fallbackText !== undefined) return fallbackText
  const kind: Kind<unknown> = configKeys[name].kind
  return fallback === null ? '–' : `\`${kind.show(fallback)}\``
}
