/**
 * `sluice verify`: the file's pages and indexes, the journal against its chains and checkpoints (S7), and what it gives when it is replayed against
 * the stored tables, conflicts and change log (S3); server stopped.
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Schema } from '../../shared/schema/schema.ts'
import type { CheckpointVerifier } from '../audit/checkpoint-key.ts'
import { checkpointKeyFile, openCheckpointVerifier } from '../audit/checkpoint-key.ts'
import type { Verified } from '../audit/verify-store.ts'
import { verifyStore } from '../audit/verify-store.ts'
import { compareProjection } from '../projection/compare.ts'
import { createTextMaterializer } from '../projection/text-materializer.ts'
import { openSqliteStorage } from '../storage/sqlite/sqlite-storage.ts'
import { openStoreFile } from '../storage/sqlite/store-file.ts'
import type { Storage } from '../storage/storage.ts'
import type { CommandParts } from './projection-commands.ts'

/**
 * @param publicKey the file of a public key that was kept elsewhere; null takes the one of the data folder,
 *   which says nothing against somebody who could replace it.
 * @returns the exit code: 1 if anything is wrong.
 */
export async function runVerify(
  { schema, settings, write }: CommandParts,
  publicKey: string | null,
): Promise<number> {
  const file = join(settings.dataDir, 'sluice.db')
  // Opening would make an empty store, in which nothing is wrong.
  if (!existsSync(file)) {
    write(`there is no store in ${settings.dataDir}`)
    return 1
  }
  let verifier: CheckpointVerifier | null = null
  let missingKeys = 0
  try {
    verifier = openCheckpointVerifier(publicKey ?? checkpointKeyFile(settings.dataDir))
  } catch (error) {
    missingKeys = 1
    write(`no signature can be checked: ${error instanceof Error ? error.message : String(error)}`)
  }
  const damaged = damageOf(file, write)
  const verified = await verifyAll({ file, schema, verifier, write, replay: damaged === 0 })
  const problems = verified.problems + missingKeys + damaged
  write(summaryOf(verified, problems))
  return problems === 0 ? 0 : 1
}

/** What SQLite itself finds in pages and indexes. @returns the number of problems. */
function damageOf(file: string, write: CommandParts['write']): number {
  try {
    const store = openStoreFile(file)
    try {
      const damage = store.damage()
      for (const problem of damage) write(`the file: ${problem}`)
      return damage.length
    } finally {
      store.close()
    }
  } catch (error) {
    write(`the file: cannot be read: ${error instanceof Error ? error.message : String(error)}`)
    return 1
  }
}

interface VerifyAllParts {
  readonly file: string
  readonly schema: Schema
  readonly verifier: CheckpointVerifier | null
  readonly write: CommandParts['write']
  /** Only an intact journal gives tables to compare with. */
  readonly replay: boolean
}

/** A store that is too damaged to be opened is a finding like others. */
async function verifyAll({ file, schema, verifier, write, replay }: VerifyAllParts): Promise<Verified> {
  let storage: Storage
  try {
    storage = await openSqliteStorage({ file, schema })
  } catch (error) {
    write(`the store cannot be opened: ${error instanceof Error ? error.message : String(error)}`)
    return { records: 0, erased: 0, entries: 0, checkpoints: 0, newest: null, uncovered: 0, problems: 1 }
  }
  try {
    const verified = await verifyStore({ audit: storage.audit, verifier, report: write })
    if (!replay || verified.problems > 0) return verified
    return { ...verified, problems: await differencesIn(storage, schema, write) }
  } finally {
    await storage.close()
  }
}

/** Replays an intact journal as if into an empty store. */
async function differencesIn(
  storage: Storage,
  schema: Schema,
  write: CommandParts['write'],
): Promise<number> {
  if (storage.projectionIsStale) {
    write('the tables are to be rebuilt by the next start, so they were not compared')
    return 0
  }
  const materializer = createTextMaterializer()
  try {
    const { differences } = await compareProjection({ storage, schema, materializer })
    for (const difference of differences) write(difference)
    return differences.length
  } catch (error) {
    write(`the tables cannot be compared: ${error instanceof Error ? error.message : String(error)}`)
    return 1
  } finally {
    await materializer.close()
  }
}

function summaryOf(
  { records, erased, entries, checkpoints, newest, uncovered }: Verified,
  problems: number,
): string {
  const reach = newest === null ? '' : ` up to ${newest.at}, the newest ${newest.digest}`
  return (
    `verified ${records} records, ${erased} of them erased, with ${entries} entries and ${checkpoints} checkpoints${reach}; ` +
    `${uncovered} entries are not covered yet: ${problems} problems`
  )
}
