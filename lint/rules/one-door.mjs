import { isTest, locate, standsIn } from '../location.mjs'
import { sessionDoor } from '../policy.mjs'

/**
 * Only sign-in/complete-sign-in.ts opens a session (design rule 2). Elsewhere the write may be recognised (`case`,
 * comparison, type) but neither made, nor imported, nor called.
 */
export const oneDoorRule = {
  create(context) {
    const here = locate(context.filename)
    if (here === undefined || isTest(here.inside)) return {}
    if (here.package === 'latchkey' && standsIn(here.inside, [sessionDoor.file, ...sessionDoor.alsoAllowedIn]))
      return {}
    const refuse = (node) =>
      context.report({
        node,
        message: `Only ${sessionDoor.file} makes the write ${sessionDoor.write}; pass it the proofs (completeSignIn).`,
      })
    return {
      Literal: (node) => {
        if (node.value === sessionDoor.write && !onlyRecognises(node)) refuse(node)
      },
      TemplateElement: (node) => {
        if (node.value.cooked === sessionDoor.write) refuse(node)
      },
      ImportSpecifier: (node) => {
        if (node.imported.name === sessionDoor.write) refuse(node)
      },
      ExportSpecifier: (node) => {
        if (node.local.name === sessionDoor.write) refuse(node)
      },
      CallExpression: ({ callee }) => {
        const name = callee.type === 'MemberExpression' ? callee.property : callee
        if (name.name === sessionDoor.write) refuse(callee)
      },
    }
  },
}

function onlyRecognises({ parent }) {
  return parent.type === 'SwitchCase' || parent.type === 'BinaryExpression' || parent.type === 'TSLiteralType'
}
