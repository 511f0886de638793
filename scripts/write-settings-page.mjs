// Writes docs/SETTINGS.md from the table of settings and the limits of the gates. A test compares them.
import { writeFileSync } from 'node:fs'
import { renderSettingsPage } from '../dist/server/settings-page.js'

writeFileSync(new URL('../docs/SETTINGS.md', import.meta.url), renderSettingsPage())
