import { isTest, locate, onImport, resolveInside, standsIn } from '../location.mjs'
import { layers, restrictedModules, separateSubfolders } from '../policy.mjs'

/** Imports run one way, a method never imports another method, and a package never reaches into another one's source. */
export const layersRule = {
  create(context) {
    const here = locate(context.filename)
    if (here === undefined || isTest(here.inside)) return {}
    return onImport((node, specifier) => {
      const message = specifier.startsWith('.') ? refuseRelative(here, specifier) : refusePackage(here, specifier)
      if (message !== undefined) context.report({ node, message })
    })
  },
}

function refuseRelative(here, specifier) {
  const target = resolveInside(here.inside, specifier)
  if (target === undefined) return `"${specifier}" leaves packages/${here.package}/src; import the package by its name.`
  if (here.package !== 'latchkey' || !here.inside.includes('/')) return undefined
  const [from, fromSub] = here.inside.split('/')
  const [to, toSub] = target.split('/')
  if (toSub === undefined) return `"${specifier}" is a public entry; inside, import the file that defines the name.`
  const allowed = layers[from]
  if (allowed === undefined) return `src/${from}/ has no row in lint/policy.mjs; say what it may import.`
  if (to !== from && !allowed.includes(to)) {
    return `${from}/ must not import ${to}/ (imports run platform ← domain ← methods ← http ← engine ← adapters ← cli).`
  }
  const separate = separateSubfolders[from]
  const bothInSubfolders = here.inside.split('/').length > 2 && target.split('/').length > 2
  if (to !== from || separate === undefined || !bothInSubfolders || fromSub === toSub) return undefined
  if (separate.mayImport[fromSub]?.includes(toSub)) return undefined
  return `${from}/${fromSub} must not import ${to}/${toSub}: they are separate.`
}

function refusePackage(here, specifier) {
  if (here.package === 'latchkey') {
    if (specifier === 'latchkey' || specifier.startsWith('latchkey/'))
      return 'A package does not import itself by name.'
    if (specifier.startsWith('@latchkey/') && !standsIn(here.inside, ['cli/'])) {
      return 'The library does not know the packages built on it.'
    }
    const found = restrictedModules.find(({ modules }) => modules.includes(specifier))
    if (found === undefined || !here.inside.includes('/') || standsIn(here.inside, found.allowedIn)) return undefined
    return `"${specifier}" may only be imported in ${found.allowedIn.join(', ')}. ${found.message}`
  }
  const inBrowser = here.package === 'browser' || here.package === 'pages' || here.package === 'react'
  const serverSide = /^(node:|latchkey($|\/)|@latchkey\/server($|\/))/.test(specifier)
  return inBrowser && serverSide ? `"${specifier}" does not run in a browser.` : undefined
}
