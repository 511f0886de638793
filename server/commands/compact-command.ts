/** `sluice compact`: joins the older updates of all texts and gives back the space (S11), server stopped. */
import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { RecordKey } from '../../shared/record/record-key.ts'
import { roomName } from '../../shared/record/record-key.ts'
import { openCheckpointKey } from '../audit/checkpoint-key.ts'
import { Checkpointer } from '../audit/checkpointer.ts'
import { compactText } from '../compaction/compact-text.ts'
import { createCompactionWorker } from '../compaction/compaction-worker.ts'
import type { OldText } from '../storage/compaction-storage.ts'
import { shrinkStore } from '../storage/sqlite/shrink-store.ts'
import { openSqliteStorage } from '../storage/sqlite/sqlite-storage.ts'
import type { Storage } from '../storage/storage.ts'
import { operatorOrigin } from './operator-origin.ts'
import type { CommandParts } from './projection-commands.ts'

export const COMPACT_USAGE =
  'compact --older-than <days> [--dry-run]; without it, SLUICE_TEXT_HISTORY_DAYS counts'

interface CompactOperands {
  readonly days: number
  readonly isDryRun: boolean
}

/**
 * Null if they are not what the command takes.
 * @param days what the settings say, if anything.
 */
export function readCompactOperands(
  operands: readonly string[],
  days: number | undefined,
): CompactOperands | null {
  try {
    const { values } = parseArgs({
      args: [...operands],
      options: { 'older-than': { type: 'string' }, 'dry-run': { type: 'boolean', default: false } },
    })
    const given = values['older-than'] ?? days?.toString() ?? ''
    return /^\d+(\.\d+)?$/.test(given) ? { days: Number(given), isDryRun: values['dry-run'] } : null
  } catch {
    return null
  }
}

const MS_PER_DAY = 86_400_000
const PAGE = { records: 100, entriesMax: 2 ** 31 }
const TOLD_EVERY = 100
const GAIN_BYTES_MIN = 4 * 1024

/** @returns the exit code: 1 if some texts were left alone. */
export async function runCompact(parts: CommandParts, { days, isDryRun }: CompactOperands): Promise<number> {
  const { schema, settings, write } = parts
  const file = join(settings.dataDir, 'sluice.db')
  if (!existsSync(file)) {
    write(`there is no store in ${settings.dataDir}`)
    return 1
  }
  const sizeBefore = statSync(file).size
  const before = new Date(Date.now() - days * MS_PER_DAY).toISOString()
  const storage = await openSqliteStorage({ file, schema })
  let told: Joined
  try {
    told = isDryRun ? await countOld(storage, before) : await joinOld(storage, before, parts)
  } finally {
    await storage.close()
  }
  const what = `${told.entries} updates of ${told.texts} texts, received before ${before}`
  if (isDryRun) write(`would join ${what}: ${kib(told.bytes)} of updates`)
  else {
    shrinkStore(file)
    write(`joined ${what}; the file had ${kib(sizeBefore)} and has ${kib(statSync(file).size)}`)
  }
  if (told.leftAlone > 0) write(`${told.leftAlone} texts were left alone, see above`)
  return told.leftAlone === 0 ? 0 : 1
}

const kib = (bytes: number): string => `${Math.round(bytes / 1024)} KiB`

interface Joined {
  texts: number
  entries: number
  bytes: number
  leftAlone: number
}

async function countOld(storage: Storage, before: string): Promise<Joined> {
  const told = { texts: 0, entries: 0, bytes: 0, leftAlone: 0 }
  for await (const { entries, bytes } of oldTexts(storage, before)) {
    told.texts += 1
    told.entries += entries
    told.bytes += bytes
  }
  return told
}

/** What no checkpoint covers is left alone, so one is made first; and one in the end, which covers what was joined. */
async function joinOld(storage: Storage, before: string, { settings, write }: CommandParts): Promise<Joined> {
  const told = { texts: 0, entries: 0, bytes: 0, leftAlone: 0 }
  const now = (): string => new Date().toISOString()
  const log = { warn: (details: object, message: string) => write(`${message}: ${JSON.stringify(details)}`) }
  const signer = openCheckpointKey(settings.dataDir)
  const checkpointer = new Checkpointer({ audit: storage.audit, signer, log, now, intervalMs: MS_PER_DAY })
  const worker = createCompactionWorker()
  const compacting = {
    storage,
    plan: worker.run,
    origin: () => operatorOrigin('sluice compact', now()),
    pause: async () => undefined,
  }
  try {
    await checkpointer.run()
    for await (const { key, bytes } of oldTexts(storage, before))
      try {
        told.entries += await compactText(compacting, key, before)
        told.texts += 1
        told.bytes += bytes
        if (told.texts % TOLD_EVERY === 0) write(`${told.texts} texts, up to ${key.tenant}:${roomName(key)}`)
      } catch (error) {
        told.leftAlone += 1
        write(`${key.tenant}:${roomName(key)}: ${error instanceof Error ? error.message : String(error)}`)
      }
  } finally {
    await worker.close()
    await checkpointer.stop()
  }
  return told
}

/** Not so one short update alone: what it would be replaced by says more of it than its row. */
const isGain = ({ entries, bytes, compactedBytes }: OldText): boolean =>
  entries > 1 || compactedBytes > 0 || bytes > GAIN_BYTES_MIN

async function* oldTexts(storage: Storage, before: string): AsyncGenerator<OldText> {
  for (let after: RecordKey | null = null; ; ) {
    const { items, last } = await storage.compaction.findOldTexts(before, after, PAGE)
    yield* items.filter(isGain)
    if (last === null) return
    after = last
  }
}
