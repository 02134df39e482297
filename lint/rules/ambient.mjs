import { isTest, locate, standsIn } from '../location.mjs'
import { restrictedGlobals, restrictedGlobalsElsewhere } from '../policy.mjs'

/** Time, randomness, settings and output are arguments: expiry and replay are tested to the millisecond. */
export const ambientRule = {
  create(context) {
    const here = locate(context.filename)
    if (here === undefined || isTest(here.inside)) return {}
    const refuse = (node, name) => {
      const message = messageFor(here, name)
      if (message !== undefined) context.report({ node, message: `${name} is not for this file. ${message}` })
    }
    return {
      'Program:exit'(program) {
        for (const { identifier, isTypeReference } of globalReferences(context.sourceCode.getScope(program))) {
          if (isTypeReference) continue
          const { name, parent } = identifier
          if (name === 'globalThis') refuse(identifier, memberName(parent))
          else if (name === 'Math' && memberName(parent) === 'random') refuse(parent, 'Math.random')
          else if (Object.hasOwn(restrictedGlobals, name) && parent.type !== 'TSTypeQuery') refuse(identifier, name)
        }
      },
    }
  },
}

/** Globals that oxlint knows are variables of the global scope; the others are references that nothing resolved. */
function globalReferences(scope) {
  const known = ['globalThis', 'Math', ...Object.keys(restrictedGlobals)].flatMap(
    (name) => scope.set.get(name)?.references ?? [],
  )
  return [...known, ...scope.through]
}

function messageFor(here, name) {
  if (name === undefined || !Object.hasOwn(restrictedGlobals, name)) return undefined
  const { allowedIn, message } = restrictedGlobals[name]
  if (here.package === 'latchkey') return standsIn(here.inside, allowedIn) ? undefined : message
  return restrictedGlobalsElsewhere[here.package]?.includes(name) ? message : undefined
}

function memberName(node) {
  if (node?.type !== 'MemberExpression') return undefined
  if (!node.computed) return node.property.name
  return typeof node.property.value === 'string' ? node.property.value : undefined
}
