import { describe, expect, it } from 'vitest'
import { nearest } from './nearest.ts'

const commands = ['serve', 'migrate', 'user', 'user create', 'session list']

describe('the nearest name', () => {
  it('finds what was probably meant', () => {
    expect(nearest('srve', commands)).toBe('serve')
    expect(nearest('MIGRATE', commands)).toBe('migrate')
    expect(nearest('usre', commands)).toBe('user')
    expect(nearest('user craete', commands)).toBe('user create')
    expect(nearest('sess', commands)).toBe('session list')
  })

  it('keeps quiet when nothing is near', () => {
    expect(nearest('frobnicate', commands)).toBeUndefined()
    expect(nearest('', commands)).toBeUndefined()
  })
})
