/**
 * What a backup is: a folder with the database, the checkpoint key, without which a restored server could not go on
 * signing (S7), and a note that says of which store, of when, and what bytes. It is as secret as the data folder.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { checkpointKeyFile, openCheckpointVerifier } from '../audit/checkpoint-key.ts'
import { verifyStore } from '../audit/verify-store.ts'
import { openStoreFile } from '../storage/sqlite/store-file.ts'

export const DATABASE = 'sluice.db'
export const NOTE = 'sluice-backup.json'

const note = z.strictObject({
  format: z.literal(1),
  /** When the copy was begun, ISO 8601. */
  at: z.string(),
  storageId: z.string(),
  /** SHA-256 of each file, in hex. */
  files: z.record(z.string(), z.string()),
})

export type BackupNote = z.infer<typeof note>

/** @throws Error if the folder holds no complete backup. */
export function readNote(folder: string): BackupNote {
  let text: string
  try {
    text = readFileSync(join(folder, NOTE), 'utf8')
  } catch {
    throw new Error(`${folder} holds no backup: there is no ${NOTE} in it.`)
  }
  const read = note.safeParse(parseJson(text))
  if (!read.success) throw new Error(`${join(folder, NOTE)} is no note of a backup that this program knows.`)
  return read.data
}

/**
 * SQLite's own check of every page, and the walk over journal, chains and checkpoints (S7).
 * @param report is told each problem. @returns a sentence of what was looked at, and the number of problems.
 */
export async function verifyCopy(
  folder: string,
  report: (problem: string) => void,
): Promise<{ readonly told: string; readonly problems: number; readonly storageId: string }> {
  const verifier = openCheckpointVerifier(checkpointKeyFile(folder))
  const store = openStoreFile(join(folder, DATABASE))
  try {
    const damage = store.damage()
    for (const problem of damage) report(problem)
    const { records, entries, checkpoints, problems } = await verifyStore({
      audit: store.audit,
      verifier,
      report,
    })
    const told = `${records} records with ${entries} entries and ${checkpoints} checkpoints`
    return { told, problems: damage.length + problems, storageId: store.storageId }
  } finally {
    store.close()
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
