/** `sluice backup <folder>`: a consistent copy of the data folder, made while the server runs and writes. */
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { CHECKPOINT_KEY_FILES } from '../audit/checkpoint-key.ts'
import { copyStore } from '../storage/sqlite/copy-store.ts'
import { refuseHalfRestored } from '../storage/sqlite/restore-mark.ts'
import { type BackupNote, DATABASE, NOTE, verifyCopy } from './backup-folder.ts'
import { copyDurably, digestOfFile, renameDurably, syncPath } from './durable-files.ts'
import type { CommandParts } from './projection-commands.ts'

/**
 * The folder appears under its name whole, verified and synchronized, or not at all; a copy that was cut short stays
 * beside it under a name that ends in `.partial-` and six letters.
 * @param target must not exist yet.
 * @returns the exit code.
 */
export async function runBackup({ settings, write }: CommandParts, target: string): Promise<number> {
  const { dataDir } = settings
  const folder = resolve(target)
  if (existsSync(folder)) return refuse(write, `${folder} is there already`)
  if (!existsSync(join(dataDir, DATABASE))) return refuse(write, `there is no store in ${dataDir}`)
  refuseHalfRestored(join(dataDir, DATABASE))
  mkdirSync(dirname(folder), { recursive: true })
  const draft = mkdtempSync(join(dirname(folder), `${basename(folder)}.partial-`))
  try {
    const at = new Date().toISOString()
    copyStore(join(dataDir, DATABASE), join(draft, DATABASE))
    syncPath(join(draft, DATABASE))
    for (const name of CHECKPOINT_KEY_FILES) copyDurably(join(dataDir, name), join(draft, name))
    const { told, problems, storageId } = await verifyCopy(draft, write)
    if (problems > 0) return refuse(write, `the copy has ${problems} problems; \`sluice verify\` says more`)
    await writeNote(draft, at, storageId)
    syncPath(draft)
    renameDurably(draft, folder)
    write(`backed up ${told} as of ${at} to ${folder}`)
    return 0
  } finally {
    rmSync(draft, { recursive: true, force: true })
  }
}

async function writeNote(draft: string, at: string, storageId: string): Promise<void> {
  const files: Record<string, string> = {}
  for (const name of [DATABASE, ...CHECKPOINT_KEY_FILES]) files[name] = await digestOfFile(join(draft, name))
  const note: BackupNote = { format: 1, at, storageId, files }
  writeFileSync(join(draft, NOTE), `${JSON.stringify(note, null, 2)}\n`, { flush: true })
}

function refuse(write: CommandParts['write'], reason: string): number {
  write(`no backup was made: ${reason}`)
  return 1
}
