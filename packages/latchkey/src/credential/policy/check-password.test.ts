import { describe, expect, it } from 'vitest'
import { rawPassword } from '../hashing/raw-password.ts'
import { checkPassword, type NewPassword, type PasswordRejection } from './check-password.ts'

function check(text: string, options: Partial<NewPassword> = {}): Promise<PasswordRejection | undefined> {
  const password = rawPassword(text, 1_024)
  if (password === undefined) throw new Error('the test needs a password that can be one')
  const defaults = {
    email: 'ada.lovelace@analytical-engines.org',
    appName: 'Acme Portal',
    contextWords: ['Wonderland'],
  }
  return checkPassword({ password, minLength: 8, ...defaults, ...options })
}

describe('length', () => {
  it('is counted in characters and has no other rules', async () => {
    expect(await check('kqzvmwt')).toBe('too_short')
    expect(await check('kqzvmwtj')).toBeUndefined()
    expect(await check('🦊🐻🔑🌍🎷🧭🪁')).toBe('too_short')
    expect(await check('🦊🐻🔑🌍🎷🧭🪁🥁')).toBeUndefined()
    for (const text of ['83021947561', 'kd keq wpx', 'KQZVMWTJ', '🔑'.repeat(64), 'a'.repeat(64), '中文密码没有规则']) {
      expect(await check(text)).toBeUndefined()
    }
  })

  it('can be 15', async () => {
    expect(await check('kqzvmwtjkqhvmw', { minLength: 15 })).toBe('too_short')
    expect(await check('kqzvmwtjkqhvmwp', { minLength: 15 })).toBeUndefined()
  })

  it('counts a letter and its accent as one, however they were typed', async () => {
    expect(await check('e\u0301'.repeat(3) + 'kqzv')).toBe('too_short')
  })
})

describe('common passwords', () => {
  it('are refused in any case', async () => {
    const common = [
      'password', 'PASSWORD', 'Password1', '12345678', '123456789', '1234567890', 'qwertyuiop', 'iloveyou', 'sunshine',
      'princess', 'football', 'baseball', 'trustno1', 'superman', 'whatever', 'michelle', 'jennifer', 'computer',
      'starwars', 'corvette', 'internet', 'samantha', 'mercedes', 'midnight', 'victoria', 'cocacola', 'jordan23',
      'abcd1234', 'scorpion', 'slipknot', 'qwerty123', 'startrek', 'redskins', 'butthead', 'liverpool', 'asdfghjkl',
      'passw0rd', 'P@ssw0rd', 'letmein1', 'welcome1', 'football1', 'chocolate', 'spiderman', 'alexander', 'elizabeth',
      'access14', 'dolphins', 'swordfish', 'blink182', 'charlie1', 'monkey123', 'q1w2e3r4t5',
    ] // prettier-ignore
    for (const text of common) expect([text, await check(text)]).toEqual([text, 'common'])
  })

  it('include patterns that lists leave to rules, at every length that people use', async () => {
    const patterns = [
      '11111111', 'aaaaaaaaaaaaaaa', '12344321', '987654321', '123456789987654321', 'abcdefgh', 'abcabcabc', '12341234',
      'qwertyqwerty', 'passwordpassword', '1qaz2wsx3edc4rfv', 'qazwsxedcrfvtgb', 'asdfghjkl123', 'zxcvbnm123', 'qwertyuiop123456789',
      '01011990', '19900101', '12311999', '!@#$%^&*', 'q1w2e3r4t5y6u7i8',
    ] // prettier-ignore
    for (const text of patterns) expect([text, await check(text)]).toEqual([text, 'common'])
  })

  it('do not include what merely contains one', async () => {
    for (const text of [
      'correct horse battery staple',
      'password for the boathouse',
      'qwerty-lighthouse-7',
      '57021934',
      'x9#Kx9#Lq2',
    ]) {
      expect([text, await check(text)]).toEqual([text, undefined])
    }
  })
})

describe('personal words', () => {
  it('are refused alone, repeated, combined, dressed up', async () => {
    const personal = [
      'ada.lovelace@analytical-engines.org', 'ADA.LOVELACE', 'adalovelace', 'lovelace', 'lovelace1815', 'Lovelace!!!', 'ada_lovelace_99',
      'l0vel@ce1234', 'analyticalengines', 'analytical2024', 'acmeportal', 'Acme Portal', 'acme-portal-2026!', 'AcmeAcmeAcme', 'portal123456',
      'p0rtal2025', 'myacmeportal', 'wonderland', 'Wonderland#1', 'w0nd3rl4nd', 'LovelaceWonderland', 'ada1815ada',
    ] // prettier-ignore
    for (const text of personal) expect([text, await check(text)]).toEqual([text, 'contains_personal_word'])
  })

  it('are allowed inside something else', async () => {
    for (const text of [
      'lovelace drew a portal on the wall',
      'portal83k29xqv',
      'Canada geese over Nevada',
      'engine-room-tea',
    ]) {
      expect([text, await check(text)]).toEqual([text, undefined])
    }
  })

  it('are refused for names of every script, and for people without an address', async () => {
    expect(await check('трамвай2026', { appName: 'Трамвай' })).toBe('contains_personal_word')
    expect(await check('株式会社例株式会社例', { contextWords: ['株式会社例'] })).toBe('contains_personal_word')
    expect(await check('acmeportal', { email: null })).toBe('contains_personal_word')
    expect(await check('kqzvmwtj', { email: null, appName: '', contextWords: [''] })).toBeUndefined()
    expect(await check('kqzvmwtj', { email: 'a@b', appName: 'X', contextWords: ['🔑'] })).toBeUndefined()
  })
})
