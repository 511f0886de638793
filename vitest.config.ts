import { defineConfig } from 'vitest/config'

export default defineConfig({
  resolve: { alias: { sluice: new URL('./shared/index.ts', import.meta.url).pathname } },
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/build-once.ts'],
    testTimeout: 30_000,
    hookTimeout: 30_000,
    pool: 'forks',
    maxWorkers: '100%',
  },
})
