import { randomBytes, randomUUID } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { describe, expect, it } from 'vitest'
import { commandTable } from '../../packages/latchkey/src/cli/command-table.ts'
import { createAuth } from '../../packages/latchkey/src/engine/create-auth.ts'
import { emailCode } from '../../packages/latchkey/src/methods/email-code/index.ts'
import { password } from '../../packages/latchkey/src/methods/password/index.ts'
import { createSqliteStorage } from '../../packages/latchkey/src/storage/sql/sqlite/sqlite-storage.ts'
import { openBrowser } from '../journey/browser.ts'
import { eventually } from '../journey/eventually.ts'
import { mailboxInbox } from '../journey/mails.ts'
import { runCli, type CliOptions, type CliResult } from './run-cli.ts'
import { freePort, launchServer, startServerProcess } from './server-process.ts'
import { temporaryFolder } from './temporary-folder.ts'

const commands = Object.keys(commandTable)
const secret = (): string => randomBytes(32).toString('base64url')

/** A folder with a migrated database, and the settings of an operator. */
async function installation(): Promise<CliOptions> {
  const place = { directory: temporaryFolder(), environment: { LATCHKEY_SECRET: secret() } }
  expect(await runCli(['migrate'], place)).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^applied {2}0001_core\n/),
  })
  return place
}

async function createUser(place: CliOptions, address: string, ...options: readonly string[]): Promise<string> {
  const created = await runCli(['user', 'create', address, '--json', ...options], {
    ...place,
    input: 'correct horse battery staple\n',
  })
  expect(created).toMatchObject({ code: 0, stderr: '' })
  return (created.json()['user'] as { readonly id: string }).id
}

/** A seal closes what is a minute old, so that no commit can come in before it any more; the command line has no other clock. */
async function createUsersTenMinutesAgo(
  { directory, environment }: CliOptions,
  addresses: readonly string[],
): Promise<void> {
  const storage = await createSqliteStorage({ filename: join(directory, 'data', 'latchkey.db') })
  const auth = createAuth({
    storage,
    secret: environment?.['LATCHKEY_SECRET'] ?? '',
    publicUrl: 'http://localhost:4000',
    methods: [password(), emailCode()],
    mail: { send: () => Promise.resolve() },
    backgroundWork: false,
    clock: { now: () => Date.now() - 600_000 },
  })
  for (const email of addresses) await auth.withContext({ actorId: 'cli' }).users.create({ email })
  await auth.close()
  await storage.close()
}

describe('help', () => {
  it('lists every command, and every command has its own with an example', async () => {
    const directory = temporaryFolder()
    const general = await runCli(['--help'], { directory })
    expect(general.code).toBe(0)
    for (const name of commands) expect(general.stdout).toContain(`  ${name} `)
    for (const name of commands) {
      const help = await runCli([...name.split(' '), '--help'], { directory })
      expect(help).toMatchObject({ code: 0, stderr: '' })
      expect(help.stdout).toMatch(new RegExp(`^Usage: latchkey ${name}\\b`))
      expect(help.stdout).toMatch(/\nExamples?:\n {2}.*latchkey /)
    }
    expect((await runCli(['help', 'user', 'create'], { directory })).stdout).toMatch(/^Usage: latchkey user create/)
    expect(await runCli(['user', '--help'], { directory })).toMatchObject({ code: 0 })
    expect(await runCli([], { directory })).toMatchObject({ code: 2 })
  })

  it('suggests what was probably meant, and ends with 2', async () => {
    const directory = temporaryFolder()
    const wrong = async (...args: readonly string[]): Promise<string> => {
      const result = await runCli(args, { directory })
      expect(result).toMatchObject({ code: 2, stdout: '' })
      return result.stderr
    }
    expect(await wrong('srve')).toContain('Did you mean "latchkey serve"?')
    expect(await wrong('user', 'craete')).toContain('Did you mean "latchkey user create"?')
    expect(await wrong('migrate', '--statsu')).toContain('Did you mean --status?')
    expect(await wrong('user', 'show')).toContain('takes <address or id>')
    expect(await wrong('migrate', 'now')).toContain('takes no arguments')
    expect(await wrong('user', 'list', '--limit', '0')).toContain('1 to 200')
    const json = await runCli(['srve', '--json'], { directory })
    expect(json).toMatchObject({ code: 2, stderr: '' })
    expect(json.json()).toMatchObject({ error: { code: 'unknown_command' } })
  })

  it('tells the versions', async () => {
    const result = await runCli(['version', '--json'], { directory: temporaryFolder() })
    expect(result.json()).toMatchObject({ latchkey: expect.stringMatching(/^\d+\.\d+\.\d+/), node: process.version })
    expect(await runCli(['--version'], { directory: temporaryFolder() })).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^latchkey \d/),
    })
  })
})

describe('configuration', () => {
  it('is refused by name with exit code 3', async () => {
    const directory = temporaryFolder()
    const result = await runCli(['config'], { directory, environment: { LATCHKEY_SECERT: 'x', PORT: 'http' } })
    expect(result).toMatchObject({ code: 3, stdout: '' })
    expect(result.stderr).toContain('LATCHKEY_SECERT is unknown; did you mean LATCHKEY_SECRET?')
    expect(result.stderr).toContain('PORT must be a port')
  })

  it('is printed with its sources and without secrets', async () => {
    const value = secret()
    const directory = temporaryFolder()
    writeFileSync(join(directory, 'latchkey.config.json'), '{ "appName": "Acme" }')
    const environment = { LATCHKEY_SECRET: value, LATCHKEY_DATABASE_URL: 'postgres://app:hunter2@db/app' }
    const shown = await runCli(['config', '--port', '4123'], { directory, environment })
    expect(shown).toMatchObject({ code: 0, stderr: '' })
    expect(shown.stdout).toMatch(/^PORT +4123 +flag$/m)
    expect(shown.stdout).toMatch(/^LATCHKEY_APP_NAME +Acme +file$/m)
    expect(shown.stdout).toMatch(/^LATCHKEY_SECRET +\[set\] +environment$/m)
    expect(shown.stdout).toMatch(/^LATCHKEY_DATABASE_URL +postgres:\/\/app:\[set\]@db\/app +environment$/m)
    const json = await runCli(['config', '--changed', '--json'], { directory, environment })
    expect(json.json()).toMatchObject({
      file: join(directory, 'latchkey.config.json'),
      values: expect.arrayContaining([
        { name: 'appName', variable: 'LATCHKEY_APP_NAME', value: 'Acme', source: 'file' },
      ]),
    })
    for (const { stdout } of [shown, json]) {
      expect(stdout).not.toContain(value)
      expect(stdout).not.toContain('hunter2')
    }
  })

  it('without a secret is no reason to guess one', async () => {
    const directory = temporaryFolder()
    await runCli(['migrate'], { directory })
    const result = await runCli(['user', 'list'], { directory })
    expect(result).toMatchObject({ code: 3, stdout: '' })
    expect(result.stderr).toContain('LATCHKEY_SECRET is missing')
  })
})

describe('migrate', () => {
  it('says what is pending, applies it once, and makes no database by looking', async () => {
    const directory = temporaryFolder()
    expect(await runCli(['migrate', '--status'], { directory })).toMatchObject({ code: 4 })
    expect(existsSync(join(directory, 'data'))).toBe(false)
    const applied = (await runCli(['migrate', '--json'], { directory })).json()['applied'] as readonly string[]
    expect(applied[0]).toBe('0001_core')
    expect((await runCli(['migrate', '--json'], { directory })).json()).toEqual({ applied: [] })
    const status = await runCli(['migrate', '--status', '--json'], { directory })
    expect(status).toMatchObject({ code: 0 })
    expect(status.json()).toEqual({ applied, pending: [], unknown: [], altered: [] })
    expect(statSync(join(directory, 'data', 'latchkey.db')).mode & 0o777).toBe(0o600)
  })

  it('ends with 4 where the database does not answer or its folder cannot be made', async () => {
    const directory = temporaryFolder()
    const environment = { LATCHKEY_DATABASE_URL: `postgres://nobody:hunter2@127.0.0.1:${await freePort()}/none` }
    const unreachable = await runCli(['migrate'], { directory, environment })
    expect(unreachable.code).toBe(4)
    expect(unreachable.stderr).toContain('ECONNREFUSED')
    expect(unreachable.stderr).not.toContain('hunter2')
    writeFileSync(join(directory, 'data'), 'a file where the folder belongs')
    const unwritable = await runCli(['migrate'], { directory })
    expect(unwritable.code).toBe(4)
    expect(unwritable.stderr).toContain('Check that this user may write')
  })
})

describe('users and sessions', () => {
  it('are made, shown, listed, given roles, blocked and let in again', async () => {
    const place = await installation()
    const id = await createUser(place, 'Ada@Example.com', '--name', 'Ada', '--admin', '--verified')
    const shown = await runCli(['user', 'show', 'ada@example.com', '--json'], place)
    expect(shown.json()).toEqual({
      user: {
        id,
        email: 'ada@example.com',
        emailVerified: true,
        name: 'Ada',
        roles: ['admin'],
        blocked: false,
        createdAt: expect.stringMatching(/^\d{4}-.*Z$/),
      },
      sessions: [],
    })
    await createUser(place, 'bob@example.com')
    const page = (await runCli(['user', 'list', '--limit', '1', '--json'], place)).json()
    expect(page).toMatchObject({ users: [{ email: 'bob@example.com', roles: [], emailVerified: false }] })
    const rest = await runCli(['user', 'list', '--cursor', String(page['nextCursor']), '--json'], place)
    expect(rest.json()).toMatchObject({ users: [{ email: 'ada@example.com' }], nextCursor: null })
    expect((await runCli(['user', 'list', '--search', 'ADA', '--json'], place)).json()).toMatchObject({
      users: [{ id }],
    })

    expect(await runCli(['user', 'set-role', id, 'support', 'billing'], place)).toMatchObject({
      code: 0,
      stdout: 'Roles: support, billing\n',
    })
    expect(await runCli(['user', 'set-role', id, 'Not a role'], place)).toMatchObject({ code: 2 })
    expect((await runCli(['user', 'set-role', id, 'none', '--json'], place)).json()).toEqual({ id, roles: [] })
    expect(await runCli(['user', 'block', id, '--reason', 'asked for it'], place)).toMatchObject({ code: 0 })
    expect(await runCli(['user', 'block', id], place)).toMatchObject({ code: 1 })
    expect((await runCli(['user', 'list', '--blocked', '--json'], place)).json()).toMatchObject({ users: [{ id }] })
    expect(await runCli(['user', 'unblock', id], place)).toMatchObject({ code: 0 })
    expect((await runCli(['user', 'unblock', id, '--json'], place)).json()).toMatchObject({
      error: { code: 'not_applicable' },
    })
    expect(await runCli(['user', 'show', 'nobody@example.com'], place)).toMatchObject({ code: 1, stdout: '' })
    expect((await runCli(['session', 'list', id, '--json'], place)).json()).toEqual({ sessions: [] })
    expect(await runCli(['session', 'revoke', id, '--all'], place)).toMatchObject({ code: 0 })
    expect(await runCli(['session', 'revoke', id, id], place)).toMatchObject({ code: 1 })
    expect(await runCli(['session', 'revoke', id], place)).toMatchObject({ code: 2 })

    const tail = await runCli(['audit', 'tail', '--json', '--limit', '200'], place)
    const events = tail.json()['events'] as readonly { readonly kind: string; readonly actorId: string }[]
    const kinds = events.map(({ kind }) => kind)
    expect(kinds.slice(0, 2)).toEqual(['user.created', 'user.created'])
    expect(kinds).toEqual(expect.arrayContaining(['user.roles_changed', 'user.blocked', 'user.unblocked']))
    expect(events.every(({ actorId }) => actorId === 'cli')).toBe(true)
  })

  it('lose their second factors at once or later, and keep them where it is taken back', async () => {
    const place = await installation()
    const id = await createUser(place, 'ada@example.com', '--verified')
    const reset = (...options: readonly string[]): Promise<CliResult> =>
      runCli(['user', 'reset-factors', 'ada@example.com', ...options], place)
    expect((await reset('--json')).json()).toMatchObject({ error: { code: 'not_enrolled' } })
    const database = new Database(join(place.directory, 'data', 'latchkey.db'))
    database
      .prepare(
        `INSERT INTO latchkey_credential (id, user_id, method, identifier, data, confirmed_at, created_at, updated_at, counter)
         VALUES (?, ?, 'totp', ?, '{"sealedBy":"encrypter"}', 1, 1, 1, 0)`,
      )
      .run(randomUUID(), id, id)
    for (const delay of ['0', '1.5', '721', 'soon']) expect(await reset('--delay', delay)).toMatchObject({ code: 2 })
    expect((await reset('--delay', '24', '--json')).json()).toEqual({ id, notBefore: expect.stringMatching(/Z$/) })
    expect(await reset('--cancel')).toMatchObject({ code: 0, stdout: 'Stopped.\n' })
    expect(await reset('--cancel')).toMatchObject({ code: 1, stdout: '' })
    expect((await reset('--reason', 'asked in person', '--json')).json()).toEqual({ id, notBefore: null })
    expect(database.prepare(`SELECT count(*) AS count FROM latchkey_credential WHERE method = 'totp'`).get()).toEqual({
      count: 0,
    })
    database.close()
    const tail = await runCli(['audit', 'tail', '--json', '--person'], place)
    expect(tail.json()['events']).toContainEqual(
      expect.objectContaining({ kind: 'factors.reset', actorId: 'cli', person: { note: 'asked in person' } }),
    )
    expect(await runCli(['user', 'reset-factors', 'nobody@example.com'], place)).toMatchObject({ code: 1 })
  })

  it('are refused by name: taken, malformed, weak, without a password', async () => {
    const place = await installation()
    await createUser(place, 'ada@example.com')
    const create = (address: string, input?: string): Promise<CliResult> =>
      runCli(['user', 'create', address, '--json'], { ...place, ...(input === undefined ? {} : { input }) })
    const codeOf = (result: CliResult): string => (result.json()['error'] as { readonly code: string }).code
    const taken = await create('ada@example.com', 'another good password')
    expect([taken.code, codeOf(taken)]).toEqual([1, 'email_taken'])
    expect(codeOf(await create('not an address', 'another good password'))).toBe('invalid_email')
    expect(codeOf(await create('eve@example.com', 'short'))).toBe('too_short')
    expect(codeOf(await create('eve@example.com', 'password123'))).toBe('common')
    expect(codeOf(await create('eve@example.com', 'x'.repeat(2_000)))).toBe('too_long')
    const silent = await create('eve@example.com')
    expect([silent.code, codeOf(silent)]).toEqual([2, 'no_password'])
    expect((await runCli(['user', 'list', '--json'], place)).json()['users']).toHaveLength(1)
  })

  it('are invited without a password: a link waits in the outbox', async () => {
    const place = await installation()
    const result = await runCli(['user', 'create', 'ada@example.com', '--invite', '--json'], place)
    expect(result).toMatchObject({ code: 0 })
    expect(result.json()).toMatchObject({ invited: true, user: { emailVerified: false } })
    const doctor = (await runCli(['doctor', '--offline', '--json'], place)).json()
    expect(doctor['checks']).toContainEqual({ name: 'outbox', status: 'ok', message: '1 mail waits' })
  })

  it('are invited beside a running server, whose address the link has and not the one that the command would guess', async () => {
    const directory = temporaryFolder()
    const server = await startServerProcess({ directory, arguments: ['--dev'] })
    const publicUrl = `http://localhost:${server.port}`
    const result = await runCli(['user', 'create', 'ada@example.com', '--invite'], { directory })
    expect(result).toMatchObject({ code: 0, stderr: '' })
    const mail = await mailboxInbox(publicUrl).next('ada@example.com')
    expect(mail.link).toMatch(`${publicUrl}/reset/confirm#token=`)
    const browser = openBrowser(publicUrl, publicUrl, 'a test')
    const token = mail.link?.split('#token=')[1]
    expect(await browser.post('/password/reset', { token, password: 'correct horse battery staple' })).toMatchObject({
      status: 204,
    })
  })
})

describe('keys and the audit log', () => {
  it('rotates signing keys', async () => {
    const place = await installation()
    const states = async (): Promise<readonly string[]> => {
      const { keys } = (await runCli(['keys', 'rotate', '--json'], place)).json()
      return (keys as readonly { readonly state: string }[]).map(({ state }) => state).toSorted()
    }
    expect(await states()).toEqual(['current', 'next', 'previous'])
    expect(await states()).toEqual(['current', 'next', 'previous', 'previous'])
  })

  it('seals anew under a new secret, after which the old one can go', async () => {
    const place = await installation()
    const old = place.environment?.['LATCHKEY_SECRET'] ?? ''
    for (const name of ['ada', 'bob', 'eve']) await createUser(place, `${name}@example.com`)
    await runCli(['keys', 'rotate'], place)
    const fresh = secret()
    const both = { ...place, environment: { LATCHKEY_SECRET: `${fresh},${old}` } }
    const check = async (name: string, options: CliOptions): Promise<unknown> => {
      const { checks } = (await runCli(['doctor', '--offline', '--json'], options)).json()
      return (checks as readonly { readonly name: string }[]).find((one) => one.name === name)
    }
    expect(await check('old secrets', both)).toMatchObject({
      status: 'warn',
      message: expect.stringContaining('3 person keys, 2 signing keys'),
    })
    const resealed = await runCli(['keys', 'rotate', '--secret', '--json'], both)
    expect(resealed).toMatchObject({ code: 0 })
    expect(resealed.json()).toEqual({
      resealed: { personKeys: 3, signingKeys: 2, totpSecrets: 0, providerTokens: 0 },
      unknown: 0,
      queuedMessages: 0,
      recoveryCodes: 0,
    })
    expect((await runCli(['keys', 'rotate', '--secret', '--json'], both)).json()).toMatchObject({
      resealed: { personKeys: 0, signingKeys: 0 },
    })
    expect(await check('old secrets', both)).toMatchObject({ status: 'ok' })
    expect(await runCli(['audit', 'verify'], both)).toMatchObject({ code: 0 })
    // Without the old secret: what was sealed opens, so that events about these persons can be written.
    const alone = { ...place, environment: { LATCHKEY_SECRET: fresh } }
    expect(await runCli(['user', 'block', 'ada@example.com'], alone)).toMatchObject({ code: 0 })
    expect(await runCli(['keys', 'rotate'], alone)).toMatchObject({ code: 0 })
  })

  it('says what hangs on a secret that was dropped too early', async () => {
    const place = await installation()
    await createUser(place, 'ada@example.com')
    const alone = { ...place, environment: { LATCHKEY_SECRET: secret() } }
    const doctor = await runCli(['doctor', '--offline', '--json'], alone)
    expect(doctor.code).toBe(1)
    expect(doctor.json()['checks']).toContainEqual({
      name: 'old secrets',
      status: 'fail',
      message: expect.stringContaining('put it back'),
    })
    expect(await runCli(['keys', 'rotate', '--secret'], alone)).toMatchObject({ code: 1 })
  })

  it('finds a row that was changed, and a tail that was cut', async () => {
    const place = await installation()
    await createUsersTenMinutesAgo(place, ['ada@example.com', 'bob@example.com'])
    const anchor = join(place.directory, 'seal.json')
    const whole = await runCli(['audit', 'verify', '--save-anchor', anchor, '--json'], place)
    expect(whole).toMatchObject({ code: 0 })
    expect(whole.json()).toMatchObject({ ok: true, events: 2, seals: 1, findings: [], anchor: { sequence: 1 } })
    expect(JSON.parse(readFileSync(anchor, 'utf8'))).toEqual(whole.json()['anchor'])
    expect(await runCli(['audit', 'verify', '--anchor', anchor], place)).toMatchObject({ code: 0 })

    const database = new Database(join(place.directory, 'data', 'latchkey.db'))
    database.exec(`UPDATE latchkey_event SET actor_id = 'nobody' WHERE id = (SELECT min(id) FROM latchkey_event)`)
    const changed = await runCli(['audit', 'verify', '--json'], place)
    expect(changed.code).toBe(1)
    expect(changed.json()).toMatchObject({ ok: false, findings: [{ kind: 'event_changed' }] })
    database.exec('DELETE FROM latchkey_event; DELETE FROM latchkey_seal')
    database.close()
    const cut = await runCli(['audit', 'verify', '--anchor', anchor, '--json'], place)
    expect(cut.code).toBe(1)
    expect(cut.json()).toMatchObject({ findings: [{ kind: 'tail_cut' }] })
    const none = await runCli(['audit', 'verify', '--anchor', join(place.directory, 'none.json')], place)
    expect(none).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^✗ There is no file .*none\.json; --save-anchor/),
    })
    writeFileSync(anchor, '{')
    expect(await runCli(['audit', 'verify', '--anchor', anchor], place)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('holds no saved seal'),
    })
  })

  it('says that there is no seal to save yet, and what is not sealed, instead of saving nothing in silence', async () => {
    const place = await installation()
    await createUser(place, 'ada@example.com')
    const early = await runCli(['audit', 'verify', '--save-anchor', 'seal.json'], place)
    expect(early).toMatchObject({ code: 1, stderr: expect.stringContaining('There is no seal to save yet') })
    expect(existsSync(join(place.directory, 'seal.json'))).toBe(false)
    expect((await runCli(['audit', 'verify'], place)).stdout).toContain('1 of the events are younger than a minute')
  })

  it('follows the log, hides persons unless they are asked for, and refuses kinds that do not exist', async () => {
    const place = await installation()
    const server = await launchServer({
      directory: place.directory,
      arguments: ['--dev'],
      environment: { ...place.environment },
    })
    await eventually(
      async () => (await fetch(`${server.url}/readyz`).catch(() => undefined))?.ok || undefined,
      'the server',
    )
    await fetch(`${server.url}/auth/sign-up`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ email: 'ada@example.com', password: 'correct horse battery staple' }),
    })
    const hidden = await runCli(['audit', 'tail', '--kind', 'sign_up.started'], place)
    expect(hidden.stdout).toMatch(/sign_up\.started/)
    expect(hidden.stdout).not.toContain('ada@example.com')
    const shown = await runCli(['audit', 'tail', '--kind', 'sign_up.started', '--person', '--json'], place)
    expect(shown.json()).toMatchObject({ events: [{ kind: 'sign_up.started', person: { email: 'ada@example.com' } }] })
    expect((await runCli(['audit', 'tail', '--kind', 'login.faliure'], place)).stderr).toContain('login.failure')
    expect(await runCli(['audit', 'tail', '--user', 'nobody@example.com'], place)).toMatchObject({ code: 1 })
    expect(await server.stop()).toBe(0)
  })
})

describe('sweep, doctor, calibrate', () => {
  it('removes what has expired', async () => {
    const place = await installation()
    await runCli(['user', 'create', 'ada@example.com', '--invite'], place)
    const database = new Database(join(place.directory, 'data', 'latchkey.db'))
    database.exec('UPDATE latchkey_challenge SET expires_at = 1')
    database.close()
    const swept = await runCli(['sweep', '--json'], place)
    expect(swept).toMatchObject({ code: 0 })
    // An invitation is two: the link, and the code that could be typed in its place.
    expect(swept.json()).toMatchObject({ removed: { challenges: 2, sessions: 0, events: 0 }, factorResets: 0 })
  })

  it('checks the whole installation, and fails where something is wrong', async () => {
    const place = await installation()
    const good = await runCli(['doctor', '--offline', '--json'], place)
    expect(good).toMatchObject({ code: 0 })
    const names = (good.json()['checks'] as readonly { readonly name: string }[]).map(({ name }) => name)
    expect(names).toEqual(expect.arrayContaining(['configuration', 'database', 'migrations', 'old secrets', 'mail']))
    expect(good.stdout).not.toContain(place.environment?.['LATCHKEY_SECRET'])
    const text = await runCli(['doctor', '--offline'], {
      ...place,
      environment: { ...place.environment, NODE_ENV: 'production' },
    })
    expect(text.code).toBe(1)
    expect(text.stdout).toMatch(/^✗ configuration: .*LATCHKEY_PUBLIC_URL is missing/m)
    const noMail = await runCli(['doctor', '--json'], {
      ...place,
      environment: {
        ...place.environment,
        SMTP_HOST: '127.0.0.1',
        SMTP_PORT: String(await freePort()),
        SMTP_FROM: 'a@example.com',
      },
    })
    expect(noMail.code).toBe(1)
    expect(noMail.json()['checks']).toContainEqual(expect.objectContaining({ name: 'mail', status: 'fail' }))
  })

  it('measures hashing and recommends parameters that the configuration takes', async () => {
    const directory = temporaryFolder()
    const measured = await runCli(['calibrate', '--target', '10', '--rounds', '1', '--slots', '1', '--json'], {
      directory,
    })
    expect(measured).toMatchObject({ code: 0 })
    const { measurements, recommended } = measured.json()
    expect(measurements).toHaveLength(8)
    expect(recommended).toMatchObject({ memoryKib: expect.any(Number), passes: expect.any(Number), lanes: 1 })
    expect(await runCli(['calibrate', '--target', '1'], { directory })).toMatchObject({ code: 2 })
  })
})

describe('backup and restore', () => {
  it('copies a database in use, and brings everything back', async () => {
    const directory = temporaryFolder()
    const environment = { LATCHKEY_SECRET: secret() }
    const place = { directory, environment }
    const server = await startServerProcess({ directory, arguments: ['--dev'], environment })
    await createUser(place, 'ada@example.com')
    const backup = await runCli(['backup', 'backup.db', '--json'], place)
    expect(backup).toMatchObject({ code: 0 })
    expect(backup.json()).toEqual({ file: join(directory, 'backup.db'), bytes: expect.any(Number), users: 1 })
    expect(statSync(join(directory, 'backup.db')).mode & 0o777).toBe(0o600)
    expect(await runCli(['backup', 'backup.db'], place)).toMatchObject({ code: 1 })
    expect(await runCli(['backup', 'backup.db', '--force'], place)).toMatchObject({ code: 0 })
    expect(readdirSync(directory).filter((name) => name.startsWith('backup'))).toEqual(['backup.db'])
    const nowhere = await runCli(['backup', 'no/such/folder/backup.db'], place)
    expect(nowhere).toMatchObject({ code: 1, stderr: expect.stringMatching(/^✗ There is no folder [^\n]*\n$/) })

    await createUser(place, 'bob@example.com')
    const inUse = await runCli(['restore', 'backup.db', '--force', '--json'], place)
    expect(inUse.code).toBe(1)
    expect(inUse.json()).toMatchObject({ error: { code: 'in_use' } })
    expect(await server.stop()).toBe(0)

    const exists = await runCli(['restore', 'backup.db', '--json'], place)
    expect(exists.json()).toMatchObject({ error: { code: 'exists' } })
    expect((await runCli(['user', 'list', '--json'], place)).json()['users']).toHaveLength(2)
    expect((await runCli(['restore', 'backup.db', '--force', '--json'], place)).json()).toMatchObject({ users: 1 })
    expect((await runCli(['user', 'list', '--json'], place)).json()).toMatchObject({
      users: [{ email: 'ada@example.com' }],
    })
    expect(await runCli(['audit', 'verify'], place)).toMatchObject({ code: 0 })

    rmSync(join(directory, 'data'), { recursive: true })
    expect(await runCli(['restore', 'backup.db'], place)).toMatchObject({ code: 0 })
    expect(readdirSync(directory).filter((name) => name.startsWith('backup'))).toEqual(['backup.db'])
    const again = await startServerProcess({ directory, arguments: ['--dev'], environment })
    const publicUrl = `http://localhost:${again.port}`
    const person = openBrowser(publicUrl, publicUrl, 'a test')
    expect(
      await person.post('/sign-in/password', { email: 'ada@example.com', password: 'correct horse battery staple' }),
    ).toMatchObject({ status: 200 })
    expect((await runCli(['user', 'list', '--json'], place)).json()['users']).toHaveLength(1)
  })

  it('refuses a damaged, a foreign and a missing backup, and leaves the database alone', async () => {
    const place = await installation()
    await createUser(place, 'ada@example.com')
    const file = (name: string): string => join(place.directory, name)
    const codeOf = async (name: string): Promise<unknown> =>
      (await runCli(['restore', name, '--force', '--json'], place)).json()['error']
    expect(await codeOf('none.db')).toMatchObject({ message: expect.stringContaining('There is no file') })
    writeFileSync(file('text.db'), 'not a database at all, but long enough to be looked at as one')
    expect(await codeOf('text.db')).toMatchObject({ code: 'damaged' })
    const foreign = new Database(file('foreign.db'))
    foreign.exec('CREATE TABLE other (id)')
    foreign.close()
    expect(await codeOf('foreign.db')).toMatchObject({ message: expect.stringContaining('not one of Latchkey') })
    await runCli(['backup', 'good.db'], place)
    const bytes = readFileSync(file('good.db'))
    writeFileSync(file('cut.db'), bytes.subarray(0, bytes.length - 20_480))
    expect(await codeOf('cut.db')).toMatchObject({ code: 'damaged' })
    bytes.fill(0xff, 40_960, 49_152)
    writeFileSync(file('damaged.db'), bytes)
    expect(await codeOf('damaged.db')).toMatchObject({ code: 'damaged' })
    expect((await runCli(['user', 'list', '--json'], place)).json()['users']).toHaveLength(1)
  })

  it('is not for database servers, which have their own', async () => {
    const directory = temporaryFolder()
    mkdirSync(join(directory, 'data'))
    const environment = { LATCHKEY_DATABASE_URL: 'postgres://127.0.0.1/none' }
    for (const command of ['backup', 'restore']) {
      const result = await runCli([command, 'file.db', '--json'], { directory, environment })
      expect(result.code).toBe(1)
      expect(result.json()).toMatchObject({ error: { code: 'not_sqlite' } })
    }
  })
})
