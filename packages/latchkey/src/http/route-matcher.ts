import type { Route } from '../methods/route.ts'

export type RouteMatch =
  | { readonly kind: 'route'; readonly route: Route; readonly params: Readonly<Record<string, string>> }
  /** The path exists under other methods. */
  | { readonly kind: 'other_method'; readonly allow: string }
  | { readonly kind: 'none' }

export interface RouteMatcher {
  match(method: string, path: string): RouteMatch
}

/**
 * Built once from the table: a map of the static paths, and the patterns grouped by their number of segments, in the order of the table. A static
 * path wins over a pattern. HEAD is answered by GET, unless the route has an effect. Two routes of one method and path are a mistake and throw `TypeError`.
 */
export function createRouteMatcher(routes: readonly Route[]): RouteMatcher {
  const fixed = new Map<string, Place>()
  const patterns = new Map<number, Place[]>()
  for (const route of routes) {
    const segments = segmentsOf(route.path)
    const place = segments.some(isParam) ? patternPlace(patterns, segments) : fixedPlace(fixed, route.path)
    if (place.byMethod.has(route.method)) throw new TypeError(`two routes for ${route.method} ${route.path}`)
    place.byMethod.set(route.method, {
      route,
      names: segments.filter(isParam).map((segment) => segment.slice(1)),
      match: { kind: 'route', route, params: noParams },
    })
  }
  for (const place of [...fixed.values(), ...[...patterns.values()].flat()]) {
    const get = place.byMethod.get('GET')
    if (get !== undefined && get.route.noHead !== true) place.byMethod.set('HEAD', get)
    place.otherMethod = { kind: 'other_method', allow: [...place.byMethod.keys(), 'OPTIONS'].join(', ') }
  }
  return {
    match(method, path) {
      const place = fixed.get(path)
      if (place !== undefined) return place.byMethod.get(method)?.match ?? place.otherMethod
      const segments = segmentsOf(path)
      let best = none
      for (const candidate of patterns.get(segments.length) ?? []) {
        if (!fits(candidate.segments, segments)) continue
        const match = matchPattern(candidate, segments, method)
        if (match.kind === 'route') return match
        if (best === none) best = match
      }
      return best
    },
  }
}

interface Place {
  readonly segments: readonly string[]
  readonly byMethod: Map<string, Compiled>
  otherMethod: RouteMatch
}

interface Compiled {
  readonly route: Route
  readonly names: readonly string[]
  readonly match: RouteMatch
}

const none: RouteMatch = { kind: 'none' }
const noParams: Readonly<Record<string, string>> = {}

function matchPattern(place: Place, segments: readonly string[], method: string): RouteMatch {
  const compiled = place.byMethod.get(method)
  if (compiled === undefined) return place.otherMethod
  const params: Record<string, string> = {}
  let index = 0
  for (const [position, segment] of place.segments.entries()) {
    if (!isParam(segment)) continue
    const value = decodeSegment(segments[position] ?? '')
    const name = compiled.names[index++]
    if (value === undefined || name === undefined) return none
    params[name] = value
  }
  return { kind: 'route', route: compiled.route, params }
}

/** Ids and provider names are short; a segment that decodes to a path, a control character or nothing names no object. */
function decodeSegment(segment: string): string | undefined {
  if (segment.length > 256) return undefined
  if (!segment.includes('%')) return segment
  try {
    const value = decodeURIComponent(segment)
    return /[\u0000-\u001f\u007f/\\]/.test(value) ? undefined : value
  } catch {
    return undefined
  }
}

function fits(pattern: readonly string[], segments: readonly string[]): boolean {
  for (let i = 0; i < pattern.length; i++) {
    const expected = pattern[i] ?? ''
    if (isParam(expected) ? segments[i] === '' : expected !== segments[i]) return false
  }
  return true
}

function fixedPlace(fixed: Map<string, Place>, path: string): Place {
  const found = fixed.get(path)
  if (found !== undefined) return found
  const place = { segments: [], byMethod: new Map(), otherMethod: none }
  fixed.set(path, place)
  return place
}

/** `/users/:id` and `/users/:userId` are one place. */
function patternPlace(patterns: Map<number, Place[]>, segments: readonly string[]): Place {
  const group = patterns.get(segments.length) ?? []
  patterns.set(segments.length, group)
  const shape = shapeOf(segments)
  const found = group.find((place) => shapeOf(place.segments) === shape)
  if (found !== undefined) return found
  const place = { segments, byMethod: new Map(), otherMethod: none }
  group.push(place)
  return place
}

function shapeOf(segments: readonly string[]): string {
  return segments.map((segment) => (isParam(segment) ? ':' : segment)).join('/')
}

function segmentsOf(path: string): readonly string[] {
  return path.split('/').slice(1)
}

function isParam(segment: string): boolean {
  return segment.startsWith(':')
}
