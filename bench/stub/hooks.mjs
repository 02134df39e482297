// For this benchmark alone: a process started with this file gets a hash that costs nothing in place of the native binding, so
// that the engine around the hash is seen. The engine does not know.
import { registerHooks } from 'node:module'

const stub = new URL('argon2.mjs', import.meta.url).href

registerHooks({
  resolve: (specifier, context, next) =>
    specifier === '@node-rs/argon2' ? { url: stub, shortCircuit: true } : next(specifier, context),
})
