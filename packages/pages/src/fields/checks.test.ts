import { describe, expect, it } from 'vitest'
import { emailProblem, missing, newPasswordProblem, problemsOf } from './checks.ts'

describe('the checks before a request', () => {
  it('refuse an address only for what is plain to see', () => {
    expect(emailProblem('')).toBe('required')
    expect(emailProblem('   ')).toBe('required')
    expect(emailProblem('jane')).toBe('invalid')
    expect(emailProblem('jane@')).toBe('invalid')
    expect(emailProblem('a@b@c')).toBe('invalid')
    expect(emailProblem('jane doe@example.com')).toBe('invalid')
    expect(emailProblem(' jane@example.com ')).toBeUndefined()
    expect(emailProblem('jane@localhost')).toBeUndefined()
    expect(emailProblem('jane@bücher.example')).toBeUndefined()
  })

  it('count characters of a password as people do, composed', () => {
    expect(newPasswordProblem('', 8)).toBe('required')
    expect(newPasswordProblem('1234567', 8)).toBe('too_short')
    expect(newPasswordProblem('12345678', 8)).toBeUndefined()
    expect(newPasswordProblem('🔑🔑🔑🔑🔑🔑🔑', 8)).toBe('too_short')
    expect(newPasswordProblem('🔑🔑🔑🔑🔑🔑🔑🔑', 8)).toBeUndefined()
    expect(newPasswordProblem('e\u0301'.repeat(7), 8)).toBe('too_short')
    expect(newPasswordProblem(' '.repeat(8), 8)).toBeUndefined()
  })

  it('ask nothing of an existing password but to be there', () => {
    expect(missing('')).toBe('required')
    expect(missing('x')).toBeUndefined()
  })

  it('leave out the fields that are fine', () => {
    expect(problemsOf({ email: undefined, password: 'required' })).toEqual({ password: 'required' })
  })
})
