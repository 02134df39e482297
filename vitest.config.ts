import { defineConfig } from 'vitest/config'

const source = 'packages/*/src/**/*.test.{ts,tsx}'
const contracts = 'packages/latchkey/src/storage/**/*.test.ts'
const http = ['test/http/**/*.test.ts', 'packages/latchkey/src/{http,adapters}/**/*.test.ts']
const processes = 'test/processes/**/*.test.ts'
const packages = 'test/packages/**/*.test.ts'
const browser = 'test/e2e/**/*.test.ts'

/** The groups of `npm test` (scripts/test.mjs). Whatever no other group takes is `unit`, so that no test is forgotten. */
export default defineConfig({
  test: {
    setupFiles: ['./test/silent-console.ts'],
    expect: { requireAssertions: true },
    restoreMocks: true,
    testTimeout: 15_000,
    hookTimeout: 60_000,
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: [source, 'test/**/*.test.ts'],
          exclude: ['**/node_modules/**', '**/dist/**', contracts, ...http, processes, packages, browser],
        },
      },
      // The contract suite is public and runs under any test runner, so it brings its own assertions.
      {
        extends: true,
        test: { name: 'contracts', include: [contracts], testTimeout: 60_000, expect: { requireAssertions: false } },
      },
      { extends: true, test: { name: 'http', include: http, testTimeout: 30_000 } },
      { extends: true, test: { name: 'processes', include: [processes], testTimeout: 120_000, hookTimeout: 120_000 } },
      { extends: true, test: { name: 'packages', include: [packages], testTimeout: 180_000, hookTimeout: 180_000 } },
      { extends: true, test: { name: 'e2e', include: [browser], testTimeout: 120_000, hookTimeout: 120_000 } },
    ],
  },
})
