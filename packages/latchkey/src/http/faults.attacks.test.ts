import { describe, expect, it } from 'vitest'
import { LatchkeyError } from '../platform/errors.ts'
import { faultFields } from './faults.ts'

const secret = 'hunter2-hunter2'

describe('what the log learns of a fault', () => {
  it('is no message, of no error in the chain, unless the error is ours', () => {
    const parser = ((): unknown => {
      try {
        return JSON.parse(`{"password": ${secret}`)
      } catch (error) {
        return error
      }
    })()
    const driver = Object.assign(new Error(`duplicate key value (${secret})`, { cause: parser }), {
      code: '23505',
      detail: `Key (email)=(${secret}) already exists.`,
    })
    const fields = faultFields(new LatchkeyError('storage_unavailable', undefined, { cause: driver }))
    expect(JSON.stringify(fields)).not.toContain(secret)
    expect(fields).toMatchObject({
      name: 'LatchkeyError',
      code: 'storage_unavailable',
      cause: { name: 'Error', code: '23505', cause: { name: 'SyntaxError' } },
    })
    expect(JSON.stringify(fields)).toContain('faults.attacks.test.ts')
  })

  it('is no line that a message plants into the stack', () => {
    const error = new Error(`x\n    at ${secret} (planted.ts:1:1)`)
    expect(JSON.stringify(faultFields(error))).not.toContain(secret)
  })

  it('is no name or code that could be anything', () => {
    const error = Object.assign(new Error('x'), { name: `E\n${secret}`, code: `${secret} ` })
    expect(JSON.stringify(faultFields(error))).not.toContain(secret)
  })

  it('is only the kind of what is not an error', () => {
    expect(faultFields(secret)).toEqual({ name: 'string' })
    expect(faultFields({ secret })).toEqual({ name: 'object' })
    expect(faultFields(undefined)).toEqual({ name: 'undefined' })
  })

  it('ends with a chain that does not', () => {
    const error = new Error('x')
    error.cause = error
    expect(JSON.stringify(faultFields(error)).length).toBeLessThan(20_000)
  })
})
