// Writes docs/FEATURES.md from the table of features and the acceptance suite. A test compares them.
import { writeFileSync } from 'node:fs'
import { createJiti } from 'jiti'

const { renderFeaturesPage } = await createJiti(import.meta.url).import('../test/acceptance/features-page.ts')
writeFileSync(new URL('../docs/FEATURES.md', import.meta.url), renderFeaturesPage())
