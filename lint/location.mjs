/**
 * Where a file stands: `{ package: 'latchkey', inside: 'methods/password/routes.ts' }`, or `undefined` for a file outside
 * packages/<name>/src.
 */
export function locate(filename) {
  const match = /(?:^|\/)packages\/([^/]+)\/src\/(.+)$/.exec(filename.replaceAll('\\', '/'))
  return match === null ? undefined : { package: match[1], inside: match[2] }
}

export function isTest(inside) {
  return /\.test\.tsx?$/.test(inside)
}

/** `places` are folders (`secrets/`) or files (`session/access-token.ts`) below src. */
export function standsIn(inside, places) {
  return places.some((place) => (place.endsWith('/') ? inside.startsWith(place) : inside === place))
}

/** `../session/session.ts` seen from `methods/password/routes.ts` → `session/session.ts`; `undefined` outside src. */
export function resolveInside(from, specifier) {
  const parts = from.split('/').slice(0, -1)
  for (const part of specifier.split('/')) {
    if (part === '' || part === '.') continue
    if (part !== '..') parts.push(part)
    else if (parts.pop() === undefined) return undefined
  }
  return parts.join('/')
}

/** Visitor that calls `check(node, specifier)` for every static, dynamic and re-exporting import with a written specifier. */
export function onImport(check) {
  const visit = (node) => {
    if (typeof node.source?.value === 'string') check(node, node.source.value)
  }
  return {
    ImportDeclaration: visit,
    ExportNamedDeclaration: visit,
    ExportAllDeclaration: visit,
    ImportExpression: visit,
    TSImportType: (node) => {
      const literal = node.source ?? node.argument?.literal ?? node.argument
      if (typeof literal?.value === 'string') check(node, literal.value)
    },
  }
}
