import { fileURLToPath } from 'node:url'
import { configDefaults, defineConfig } from 'vitest/config'

/** Tests of programs that run beside them, which a busy machine may hold up longer than any of them can wait. */
const processes = [
  'test/acceptance/**/*.test.ts',
  'test/bench/*.test.ts',
  'test/crash/**/*.test.ts',
  'test/interop/**/*.test.ts',
  'test/overload/**/*.test.ts',
  'test/power-loss/**/*.test.ts',
]

/** Tests run what the package's entries are made from. */
const source = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

export default defineConfig({
  resolve: {
    alias: [
      { find: /^sluice$/, replacement: source('shared/index.ts') },
      { find: /^sluice\/client$/, replacement: source('client/index.ts') },
      { find: /^sluice\/(.+)$/, replacement: source('client/$1/index.ts') },
    ],
  },
  test: {
    globalSetup: ['test/support/build-once.ts'],
    setupFiles: ['test/support/property-seed.ts'],
    testTimeout: 180_000,
    hookTimeout: 180_000,
    expect: { poll: { timeout: 60_000 } },
    pool: 'forks',
    maxWorkers: '100%',
    projects: [
      {
        extends: true,
        // The peers of tests and benchmarks bring tests of their own.
        test: {
          name: 'logic',
          include: ['test/**/*.test.ts'],
          exclude: [...configDefaults.exclude, ...processes],
        },
      },
      {
        extends: true,
        // Only where nobody looks on, and the report says which.
        test: { name: 'processes', include: processes, retry: process.env.CI === 'true' ? 1 : 0 },
      },
    ],
  },
})
