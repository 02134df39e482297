import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'

const root = join(import.meta.dirname, '../..')
const documents = globSync(['*.md', 'docs/**/*.md', 'packages/*/*.md', 'packages/*/src/**/*.md'], { cwd: root })

describe('the documents', () => {
  it('link to files that exist', () => {
    expect(documents).toContain('README.md')
    const dead = documents.flatMap((document) =>
      [...readFileSync(join(root, document), 'utf8').matchAll(/\]\(([^)\s]+)\)/g)]
        .map(([, target = '']) => target.split('#')[0] ?? '')
        .filter((path) => path !== '' && !/^[a-z]+:/.test(path) && !existsSync(join(root, dirname(document), path)))
        .map((path) => `${document} → ${path}`),
    )
    expect(dead).toEqual([])
  })

  it('name commands of npm that exist', () => {
    const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { readonly scripts: object }
    const named = documents.flatMap((document) =>
      [...readFileSync(join(root, document), 'utf8').matchAll(/\bnpm run (?:-s )?([a-z:]+)/g)].map(([, name]) => name),
    )
    expect(named).toContain('check')
    expect([...new Set(named)].filter((name) => !Object.keys(scripts).includes(name ?? ''))).toEqual([])
  })
})
