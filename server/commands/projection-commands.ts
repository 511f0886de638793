/** `sluice rebuild` and `sluice compare`: the projected tables against the journal (S3), server stopped. */
import { join } from 'node:path'
import type { Schema } from '../../shared/schema/schema.ts'
import { compareProjection } from '../projection/compare.ts'
import { rebuildProjection } from '../projection/rebuild.ts'
import { createTextMaterializer } from '../projection/text-materializer.ts'
import type { Settings } from '../settings.ts'
import { openSqliteStorage } from '../storage/sqlite/sqlite-storage.ts'
import type { Storage } from '../storage/storage.ts'

export interface CommandParts {
  readonly schema: Schema
  readonly settings: Pick<Settings, 'dataDir'>
  readonly write: (line: string) => void
}

/** @returns the exit code. */
export const runRebuild = (parts: CommandParts): Promise<number> =>
  withStore(parts, async (stored) => {
    const count = await rebuildProjection(stored)
    parts.write(`rebuilt the tables of ${count} records from the journal`)
    return 0
  })

/** @returns the exit code: 1 if anything differs. */
export const runCompare = (parts: CommandParts): Promise<number> =>
  withStore(parts, async (stored) => {
    if (stored.storage.projectionIsStale) {
      parts.write('the tables are to be rebuilt: the schema has changed, or a rebuild was cut short')
      return 1
    }
    const { records, differences } = await compareProjection(stored)
    for (const difference of differences) parts.write(difference)
    parts.write(`compared ${records} records with the journal: ${differences.length} differences`)
    return differences.length === 0 ? 0 : 1
  })

type Stored = Parameters<typeof rebuildProjection>[0] & { readonly storage: Storage }

async function withStore(
  { schema, settings }: CommandParts,
  run: (stored: Stored) => Promise<number>,
): Promise<number> {
  const storage = await openSqliteStorage({ file: join(settings.dataDir, 'sluice.db'), schema })
  const materializer = createTextMaterializer()
  try {
    return await run({ storage, schema, materializer })
  } finally {
    await materializer.close()
    await storage.close()
  }
}
