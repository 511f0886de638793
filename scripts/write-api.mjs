// Writes test/package/api.txt, the public API as the build declares it: run `npm run build` before. A test compares.
import { writeFileSync } from 'node:fs'
import { createJiti } from 'jiti'

const { renderApi } = await createJiti(import.meta.url).import('../test/package/api-report.ts')
writeFileSync(new URL('../test/package/api.txt', import.meta.url), renderApi())
