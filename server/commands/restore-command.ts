/** `sluice restore <folder> [--force]`: puts a backup in the place of the data folder's store, server stopped. */
import { randomUUID } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { CHECKPOINT_KEY_FILES } from '../audit/checkpoint-key.ts'
import { restoreMarkOf } from '../storage/sqlite/restore-mark.ts'
import { carryRevocations, makeSuccessor } from '../storage/sqlite/restored-store.ts'
import { openStoreFile } from '../storage/sqlite/store-file.ts'
import { lockStore } from '../storage/sqlite/store-lock.ts'
import { DATABASE, readNote, verifyCopy } from './backup-folder.ts'
import { copyDurably, digestOfFile, renameDurably, syncPath } from './durable-files.ts'
import type { CommandParts } from './projection-commands.ts'

/** All of a store, the database last: once that is aside, everything is. */
const STORE_FILES = [...CHECKPOINT_KEY_FILES, `${DATABASE}-shm`, `${DATABASE}-wal`, DATABASE]
/** What a backup brings. */
const RESTORED_FILES = [...CHECKPOINT_KEY_FILES, DATABASE]

/**
 * Verifies the backup, takes a copy of it, and exchanges the files under a mark; a restore that is cut short leaves
 * the old store, or the mark, with which no server starts until the same command has been run again.
 * @param force sets a store that is there aside, in a folder beside it, instead of refusing.
 * @returns the exit code.
 */
export async function runRestore(
  { settings, write }: CommandParts,
  source: string,
  force: boolean,
): Promise<number> {
  const dataDir = resolve(settings.dataDir)
  const { at, files } = readNote(source)
  for (const name of RESTORED_FILES)
    if (!existsSync(join(source, name)) || (await digestOfFile(join(source, name))) !== files[name])
      return refuse(write, `${join(source, name)} is not what was backed up`)
  mkdirSync(dataDir, { recursive: true })
  const lock = lockStore(join(dataDir, DATABASE))
  try {
    const wasCutShort = existsSync(restoreMarkOf(join(dataDir, DATABASE)))
    const isTaken = STORE_FILES.some((name) => existsSync(join(dataDir, name)))
    if (isTaken && !force && !wasCutShort)
      return refuse(write, `there is a store in ${dataDir}; with --force it is set aside`)
    const staged = stage(source, dataDir)
    const { told, problems } = await verifyCopy(staged, write)
    if (problems > 0) return refuse(write, `the backup has ${problems} problems`)
    const notes = notesOf(storeOf(dataDir), join(staged, DATABASE))
    const aside = exchange(staged, dataDir, isTaken)
    write(`restored ${told} as of ${at} to ${dataDir}`)
    if (aside !== null) write(`the store that was there is in ${aside}`)
    for (const note of notes) write(note)
    return 0
  } finally {
    lock.release()
  }
}

/** A copy in the data folder's own file system, brought up to this program's tables. The backup is not touched. */
function stage(source: string, dataDir: string): string {
  const staged = join(dataDir, 'restoring')
  rmSync(staged, { recursive: true, force: true })
  mkdirSync(staged, { mode: 0o700 })
  for (const name of RESTORED_FILES) copyDurably(join(source, name), join(staged, name))
  makeSuccessor(join(staged, DATABASE), randomUUID(), new Date().toISOString())
  syncPath(join(staged, DATABASE))
  syncPath(staged)
  return staged
}

/** The file of the store that was there, aside already if an earlier attempt was cut short; null if there was none. */
function storeOf(dataDir: string): string | null {
  const mark = restoreMarkOf(join(dataDir, DATABASE))
  const aside = existsSync(mark) ? join(dataDir, readFileSync(mark, 'utf8'), DATABASE) : ''
  return [aside, join(dataDir, DATABASE)].find((file) => existsSync(file)) ?? null
}

/**
 * Takes over what must not be forgotten with the store that was there, and tells what only a person can do again:
 * the backup brings back what was erased meanwhile.
 */
function notesOf(old: string | null, copy: string): readonly string[] {
  if (old === null) return []
  try {
    const carried = carryRevocations(copy, old)
    syncPath(copy)
    const kept = new Set(erasuresIn(copy))
    const lost = erasuresIn(old).filter((name) => !kept.has(name))
    return [
      ...(carried === 0 ? [] : [`revocations that the backup did not have: ${carried}, in force still`]),
      ...lost.map((name) => `erased there, and back with the backup: ${name}`),
      ...(lost.length === 0 ? [] : ['erase these again before you let clients in (E6)']),
    ]
  } catch (error) {
    // It may well be damaged: that is what a restore is for.
    const reason = error instanceof Error ? error.message : String(error)
    return [
      `its revocations and erasures could not be read (${reason}): repeat them before you let clients in`,
    ]
  }
}

function erasuresIn(file: string): readonly string[] {
  const store = openStoreFile(file)
  try {
    return store.erasures()
  } finally {
    store.close()
  }
}

/** @returns where the old store is now; null if there was none. */
function exchange(staged: string, dataDir: string, isTaken: boolean): string | null {
  const mark = restoreMarkOf(join(dataDir, DATABASE))
  if (!existsSync(mark)) {
    const time = new Date().toISOString().replaceAll(/[:.]/g, '-')
    writeFileSync(`${mark}.new`, isTaken ? `replaced-${time}` : '', { flush: true })
    renameDurably(`${mark}.new`, mark)
  }
  const name = readFileSync(mark, 'utf8')
  const aside = name === '' ? null : join(dataDir, name)
  if (aside !== null) setAside(dataDir, aside)
  for (const file of RESTORED_FILES) renameDurably(join(staged, file), join(dataDir, file))
  rmSync(staged, { recursive: true })
  rmSync(mark)
  syncPath(dataDir)
  return aside
}

/** Goes on where a restore that was cut short has stopped: what is aside already is the old store's. */
function setAside(dataDir: string, aside: string): void {
  mkdirSync(aside, { recursive: true, mode: 0o700 })
  if (existsSync(join(aside, DATABASE))) return
  for (const name of STORE_FILES)
    if (existsSync(join(dataDir, name)) && !existsSync(join(aside, name)))
      renameDurably(join(dataDir, name), join(aside, name))
}

function refuse(write: CommandParts['write'], reason: string): number {
  write(`nothing was restored: ${reason}`)
  return 1
}
