// Writes docs/ERRORS.md from the closed table of errors. A test compares them.
import { writeFileSync } from 'node:fs'
import { renderErrorsPage } from '../dist/server/errors-page.js'

writeFileSync(new URL('../docs/ERRORS.md', import.meta.url), renderErrorsPage())
