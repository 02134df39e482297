import { locate } from '../location.mjs'
import { vagueFolders } from '../policy.mjs'

export const foldersRule = {
  create(context) {
    const here = locate(context.filename)
    const vague = here?.inside
      .split('/')
      .slice(0, -1)
      .find((folder) => vagueFolders.includes(folder))
    if (vague === undefined) return {}
    return {
      Program: (node) =>
        context.report({
          node,
          message: `A folder called "${vague}" says nothing; name the concept that lives in it.`,
        }),
    }
  },
}
