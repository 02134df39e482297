// Writes what is generated from the source: docs/errors.md, docs/events.md, docs/openapi.json and the module that the handler serves.
// With --check nothing is written, and a difference is an error.
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { toJsonSchema } from '@valibot/to-json-schema'
import { configurationMarkdown } from '../packages/latchkey/src/cli/config/reference.ts'
import { commandsMarkdown } from '../packages/latchkey/src/cli/help.ts'
import { createAuth } from '../packages/latchkey/src/engine/create-auth.ts'
import { buildOpenApi } from '../packages/latchkey/src/http/openapi.ts'
import { errorsMarkdown, eventsMarkdown } from '../packages/latchkey/src/http/reference.ts'
import * as fields from '../packages/latchkey/src/methods/fields.ts'
import { createMemoryStorage } from '../packages/latchkey/src/storage/memory/memory-storage.ts'
import { everyMethod } from '../packages/latchkey/src/testing/every-method.ts'
import { root } from './process.mjs'

/** Answers that several routes give have a name: `userAnswer` is the component `User`. */
const named = Object.fromEntries(
  Object.entries(fields)
    .filter(([name]) => name.endsWith('Answer'))
    .map(([name, schema]) => [name[0].toUpperCase() + name.slice(1, -'Answer'.length), schema]),
)

function writeSchema(schema, side, components) {
  const {
    $schema: _draft,
    $defs: _components,
    ...written
  } = toJsonSchema(schema, {
    target: 'draft-2020-12',
    typeMode: side,
    // Checks and transformations have no words in JSON Schema; the routes apply them all the same.
    errorMode: 'ignore',
    definitions: components,
    overrideRef: ({ referenceId }) => `#/components/schemas/${referenceId}`,
  })
  return written
}

async function openApi() {
  const { version } = JSON.parse(await readFile(join(root, 'packages/latchkey/package.json'), 'utf8'))
  const auth = createAuth({
    storage: createMemoryStorage(),
    unsafeMemoryStorage: { reason: 'only the route table is read' },
    secret: 'nothing is ever sealed with this text',
    publicUrl: 'https://app.example.com',
    methods: everyMethod(),
    mail: { send: () => Promise.reject(new Error('no mail leaves here')) },
    backgroundWork: false,
  })
  const info = {
    title: 'Latchkey',
    version,
    description: 'Authentication in the application’s own database. Errors are problem+json (RFC 9457).',
    basePath: '/auth',
  }
  return buildOpenApi(auth.routes, info, writeSchema, named)
}

/** A string literal in the project's own formatting. */
function quoted(text) {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
}

const document = await openApi()
const files = {
  'docs/commands.md': await commandsMarkdown(),
  'docs/configuration.md': configurationMarkdown(),
  'docs/errors.md': errorsMarkdown(),
  'docs/events.md': eventsMarkdown(),
  'docs/openapi.json': `${JSON.stringify(document, null, 2)}\n`,
  'packages/latchkey/src/http/openapi-document.ts': `// Written by \`npm run docs\` from the route table; change it there.\nexport const openApiDocument: string =\n  ${quoted(JSON.stringify(document))}\n`,
}

const isCheck = process.argv.includes('--check')
let differing = 0
for (const [path, text] of Object.entries(files)) {
  const file = join(root, path)
  const present = await readFile(file, 'utf8').catch(() => undefined)
  if (present === text) continue
  differing++
  if (isCheck) process.stderr.write(`${path} is not what the source says; run \`npm run docs\`\n`)
  else {
    await mkdir(dirname(file), { recursive: true })
    await writeFile(file, text)
    process.stdout.write(`wrote ${path}\n`)
  }
}
if (!isCheck && differing === 0) process.stdout.write('the documents are as the source says\n')
if (isCheck && differing > 0) process.exitCode = 1
