import { describe, expect, it } from 'vitest'
import { route, type Route } from '../methods/route.ts'
import { createRouteMatcher } from './route-matcher.ts'

function at(method: Route['method'], path: string): Route {
  return route({
    id: `${method} ${path}`,
    method,
    path,
    summary: '',
    access: { kind: 'public' },
    answers: {},
    problems: [],
    handle: () => Promise.resolve({ ok: true, status: 204 }),
  })
}

describe('the route matcher', () => {
  const matcher = createRouteMatcher([
    at('GET', '/users'),
    at('POST', '/users/bulk'),
    at('GET', '/users/:id'),
    at('DELETE', '/users/:userId'),
    at('POST', '/users/:id/block'),
    at('GET', '/:kind/x/block'),
    at('GET', '/__proto__'),
  ])
  const found = (method: string, path: string): unknown => {
    const match = matcher.match(method, path)
    return match.kind === 'route' ? [match.route.id, match.params] : match
  }

  it('finds static paths before patterns', () => {
    expect(found('POST', '/users/bulk')).toEqual(['POST /users/bulk', {}])
    expect(found('GET', '/users/bulk')).toEqual({ kind: 'other_method', allow: 'POST, OPTIONS' })
  })

  it('gives each route its own names', () => {
    expect(found('GET', '/users/7')).toEqual(['GET /users/:id', { id: '7' }])
    expect(found('DELETE', '/users/7')).toEqual(['DELETE /users/:userId', { userId: '7' }])
    expect(found('HEAD', '/users/7')).toEqual(['GET /users/:id', { id: '7' }])
  })

  it('tries the next pattern when the first has not the method', () => {
    expect(found('POST', '/users/x/block')).toEqual(['POST /users/:id/block', { id: 'x' }])
    expect(found('GET', '/users/x/block')).toEqual(['GET /:kind/x/block', { kind: 'users' }])
    expect(found('PUT', '/users/x/block')).toEqual({ kind: 'other_method', allow: 'POST, OPTIONS' })
  })

  it('knows nothing else', () => {
    for (const path of [
      '',
      '/',
      '/users/',
      '/users//block',
      '/Users',
      '/users/7/',
      '/constructor',
      '/%75sers',
      'users',
    ]) {
      expect([path, found('GET', path)]).toEqual([path, { kind: 'none' }])
    }
    expect(found('GET', '/__proto__')).toEqual(['GET /__proto__', {}])
  })

  it('refuses a table with one place taken twice', () => {
    expect(() => createRouteMatcher([at('GET', '/a/:id'), at('GET', '/a/:name')])).toThrow('two routes')
  })
})
