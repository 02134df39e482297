// Each lint rule is proved twice: a planted violation fails and names the rule, and code that keeps the rule passes.
// A rule that went quiet (a renamed option, a tool that no longer loads the plugin) would otherwise look like clean code.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { planted, sound } from './planted-violations.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
describe('the lint rules', () => {
  let folder
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'latchkey-planted-'))
    for (const path of ['lint', '.oxlintrc.json', 'tsconfig.base.json', 'types', 'package.json']) {
      cpSync(join(root, path), join(folder, path), { recursive: true })
    }
    for (const name of ['latchkey', 'server', 'browser']) {
      const path = `packages/${name}/tsconfig.json`
      write(path, '')
      cpSync(join(root, path), join(folder, path))
    }
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'), 'junction')
    for (const [path, text] of Object.entries(sound)) write(path, text)
  })
  after(() => rmSync(folder, { recursive: true, force: true }))

  it('let sound code pass', () => {
    const { status, problems } = lint()
    assert.deepEqual(problems, [])
    assert.equal(status, 0)
  })

  // The three that the project promises by name, each alone, so that the exit code is its own.
  for (const title of [
    'a method imports another method',
    'Date.now() in the domain',
    'a second caller of the session door',
  ]) {
    it(`fail on ${title} alone`, () => {
      const [rule, , path, text] = planted.find((entry) => entry[1] === title)
      write(path, text)
      const { status, problems } = lint()
      rmSync(join(folder, path))
      assert.notEqual(status, 0)
      assert.deepEqual(problems, [`${path} ${rule}`])
    })
  }

  describe('with everything planted', () => {
    let found
    before(() => {
      for (const [, , path, text] of planted) write(path, text)
      found = lint()
    })
    it('fail', () => assert.notEqual(found.status, 0))
    for (const [rule, title, path] of planted) {
      it(`${rule} refuses ${title}`, () => {
        const here = found.problems.filter((problem) => problem.startsWith(`${path} `))
        assert.ok(
          here.includes(`${path} ${rule}`),
          `expected ${rule} in ${path}, found: ${here.join(', ') || 'nothing'}`,
        )
      })
    }
    it('are all planted: every rule of the plugin has a violation here', async () => {
      const { default: plugin } = await import('./plugin.mjs')
      const proved = new Set(planted.map(([rule]) => rule))
      assert.deepEqual(
        Object.keys(plugin.rules).filter((name) => !proved.has(`latchkey(${name})`)),
        [],
      )
    })
  })

  function write(path, text) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }

  function lint() {
    const bin = join(root, 'node_modules', 'oxlint', 'bin', 'oxlint')
    const { status, stdout, stderr } = spawnSync(process.execPath, [bin, '--format', 'json', 'packages'], {
      cwd: folder,
      encoding: 'utf8',
    })
    let report
    try {
      report = JSON.parse(stdout)
    } catch {
      throw new Error(`oxlint gave no report (exit ${status}): ${stdout}${stderr}`)
    }
    const problems = report.diagnostics.map(({ filename, code }) => `${filename.replaceAll('\\', '/')} ${code}`)
    return { status, problems: [...new Set(problems)] }
  }
})
