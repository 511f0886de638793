import { defineConfig } from 'vitest/config'

export default defineConfig({
  resolve: { alias: { sluice: new URL('./shared/index.ts', import.meta.url).pathname } },
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/build-once.ts'],
    testTimeout: 180_000,
    hookTimeout: 180_000,
    pool: 'forks',
    maxWorkers: '100%',
  },
})
