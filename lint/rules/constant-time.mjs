import { isTest, locate } from '../location.mjs'
import { factsAboutSecrets, secretNames } from '../policy.mjs'

const equalities = new Set(['===', '!==', '==', '!='])

/** Comparison of secrets only through secrets/equal.ts. Asking whether one is there (`=== null`, `undefined`) is fine. */
export const constantTimeRule = {
  create(context) {
    const here = locate(context.filename)
    if (here === undefined || isTest(here.inside)) return {}
    return {
      BinaryExpression(node) {
        if (!equalities.has(node.operator) || isAbsence(node.left) || isAbsence(node.right)) return
        const name = [node.left, node.right]
          .map(nameOf)
          .find((text) => secretNames.test(text) && !factsAboutSecrets.test(text))
        if (name === undefined) return
        context.report({ node, message: `"${name}" looks like a secret's digest: compare it with secrets/equal.ts.` })
      },
    }
  },
}

function isAbsence(node) {
  return (node.type === 'Literal' && node.value === null && node.raw === 'null') || node.name === 'undefined'
}

function nameOf(node) {
  switch (node.type) {
    case 'Identifier':
      return node.name
    case 'MemberExpression':
      return node.computed ? String(node.property.value ?? '') : nameOf(node.property)
    case 'ChainExpression':
    case 'TSNonNullExpression':
    case 'TSAsExpression':
      return nameOf(node.expression)
    default:
      return ''
  }
}
