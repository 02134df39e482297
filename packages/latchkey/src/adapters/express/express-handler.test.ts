import { createServer } from 'node:http'
import express, { type RequestHandler } from 'express'
import { describe, expect, it } from 'vitest'
import { describeHttp } from '../../testing/http-suite/http-suite.ts'
import { describeSockets } from '../../testing/http-suite/socket-suite.ts'
import { listenOn, type StartServer, type TestAnswer } from '../../testing/http-suite/suite-client.ts'
import { createSuiteHandler, type LogLine } from '../../testing/http-suite/suite-handler.ts'
import { toExpressHandler } from './express-handler.ts'

const startExpress: StartServer = (handle) =>
  listenOn(createServer(express().use('/auth', toExpressHandler({ handle }))))

describeHttp('Express', startExpress)
describeSockets('Express', startExpress)

describe('the Express adapter behind a body parser', () => {
  const sendBehind = async (
    parser: RequestHandler,
    body: string,
    type = 'application/json',
  ): Promise<TestAnswer & { readonly log: readonly LogLine[] }> => {
    const { handle, log } = createSuiteHandler()
    const app = express().use(parser).use('/auth', toExpressHandler({ handle }))
    const server = await listenOn(createServer(app))
    const answer = await server.send({ method: 'POST', path: '/auth/people', headers: [['content-type', type]], body })
    await server.close()
    return { ...answer, log }
  }

  it('takes what express.json() has read', async () => {
    const answer = await sendBehind(express.json(), '{"email":"zoë@example.com"}')
    expect(answer.json()).toEqual({ received: { email: 'zoë@example.com' } })
  })

  it('still checks it', async () => {
    expect((await sendBehind(express.json(), '{"email":["a"]}')).status).toBe(422)
    expect((await sendBehind(express.json(), '[]')).status).toBe(400)
    expect((await sendBehind(express.json(), '{"email":"\\u0000"}')).status).toBe(400)
    expect((await sendBehind(express.json(), '{"email":"\\ud800"}')).status).toBe(400)
    expect((await sendBehind(express.json(), '{"__proto__":{"email":"a"}}')).status).toBe(422)
    expect((await sendBehind(express.json(), JSON.stringify({ email: 'x'.repeat(70_000) }))).status).toBe(413)
    expect((await sendBehind(express.urlencoded(), 'email=a', 'application/x-www-form-urlencoded')).status).toBe(415)
  })

  it('takes raw and text bodies too, with everything that they say', async () => {
    const raw = express.raw({ type: '*/*' })
    expect((await sendBehind(raw, '{"email":"a"}')).status).toBe(201)
    expect((await sendBehind(raw, '{"email":"a","email":"b"}')).status).toBe(400)
    expect((await sendBehind(express.text({ type: '*/*' }), '{"email":"a"}')).status).toBe(201)
  })

  it('says in the log what is wrong when the body is gone', async () => {
    const swallow: RequestHandler = (request, _response, next) => {
      request.resume().on('end', next)
    }
    const answer = await sendBehind(swallow, '{"email":"a"}')
    expect(answer.status).toBe(500)
    expect(JSON.stringify(answer.log)).toContain('mount the handler before')
  })
})
