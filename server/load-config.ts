/** Loads `sluice.config.ts` without a build step, and checks its schema. */
import { existsSync } from 'node:fs'
import { extname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createJiti } from 'jiti'
import type { SchemaCheck } from '../shared/schema/check-schema.ts'
import { checkSchema } from '../shared/schema/check-schema.ts'

/** @returns the checked schema, or problems that say what to do. */
export async function loadConfig(file: string): Promise<SchemaCheck> {
  const path = resolve(file)
  if (!existsSync(path))
    return { ok: false, problems: [`There is no ${path}: create it, or name another file in SLUICE_CONFIG.`] }
  try {
    return checkSchema(await importDefault(path))
  } catch (error) {
    return {
      ok: false,
      problems: [`${path} could not be loaded: ${error instanceof Error ? error.message : String(error)}`],
    }
  }
}

/** A configuration imports `sluice`, which must be this very program, wherever the file lies. */
function importDefault(path: string): Promise<unknown> {
  const sluice = fileURLToPath(new URL(`../shared/index${extname(import.meta.url)}`, import.meta.url))
  const jiti = createJiti(import.meta.url, { alias: { sluice }, moduleCache: false })
  return jiti.import(path, { default: true })
}
