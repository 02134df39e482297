import { isTest, locate } from '../location.mjs'

const executables = new Set(['bin.ts'])

/** src/*.ts are the public entries and only re-export; a file in a folder never only re-exports (one name, one home). */
export const entriesRule = {
  create(context) {
    const here = locate(context.filename)
    if (here === undefined || here.package !== 'latchkey' || isTest(here.inside) || executables.has(here.inside))
      return {}
    const isEntry = !here.inside.includes('/')
    return {
      Program(program) {
        if (isEntry) {
          for (const node of program.body) {
            if (!isReexport(node))
              context.report({ node, message: 'A public entry only re-exports; logic has a folder.' })
            else if (!node.source.value.startsWith('.')) {
              context.report({ node, message: 'An entry never re-exports another package.' })
            }
          }
        } else if (program.body.length > 0 && program.body.some(isExport) && program.body.every(isBarrelStatement)) {
          context.report({ node: program.body[0], message: 'A barrel: import from the file that defines the name.' })
        }
      },
    }
  },
}

function isReexport(node) {
  return (node.type === 'ExportNamedDeclaration' || node.type === 'ExportAllDeclaration') && Boolean(node.source)
}

function isExport(node) {
  return node.type === 'ExportNamedDeclaration' || node.type === 'ExportAllDeclaration'
}

function isBarrelStatement(node) {
  return node.type === 'ImportDeclaration' || (isExport(node) && !node.declaration)
}
