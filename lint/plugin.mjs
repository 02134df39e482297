import { ambientRule } from './rules/ambient.mjs'
import { constantTimeRule } from './rules/constant-time.mjs'
import { entriesRule } from './rules/entries.mjs'
import { foldersRule } from './rules/folders.mjs'
import { layersRule } from './rules/layers.mjs'
import { oneDoorRule } from './rules/one-door.mjs'

// oxlint loads a plugin by its default export.
export default {
  meta: { name: 'latchkey' },
  rules: {
    layers: layersRule,
    ambient: ambientRule,
    'one-door': oneDoorRule,
    entries: entriesRule,
    folders: foldersRule,
    'constant-time': constantTimeRule,
  },
}
