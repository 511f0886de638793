// What disk a history takes, as it was stored and once what is old of it was joined.
import { execFileSync } from 'node:child_process'
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import * as Y from 'yjs'
import type { BenchContext } from '../bench-context.ts'
import { sum } from '../load/measures.ts'
import type { Seed } from '../load/seed-text.ts'
import { seedTexts, whenStored } from '../load/seed-text.ts'
import type { Measurement, Table } from '../results.ts'
import { RunningTarget } from '../running-target.ts'
import { scratchFolder } from '../scratch.ts'
import type { Target } from '../targets.ts'
import { traceAutomerge, traceSeed, tracesArePresent } from '../traces.ts'

const KIB = 2 ** 10
const TRACES = [
  { name: 'automerge-paper', perUpdate: 10 },
  { name: 'sveltecomponent', perUpdate: 1 },
  { name: 'friendsforever', perUpdate: 1 },
]

/** The size does not change from round to round: each is measured once. */
export async function diskTables(context: BenchContext): Promise<readonly Table[]> {
  if (!tracesArePresent) {
    context.tell('growth: the editing histories are missing, so their size on disk is left out')
    return []
  }
  const tables: Table[] = []
  for (const { name, perUpdate } of TRACES) {
    const options = { edits: context.scale.growth.traceEdits, perUpdate }
    const seed = traceSeed(name, options)
    const smallest = smallestBytes(seed, seed.written.length === 1 ? traceAutomerge(name, options) : null)
    tables.push(
      await context.table(
        `growth/disk/${name}`,
        `The history ${name} on disk`,
        context.of('sluice', 'y-leveldb', 'hocuspocus'),
        (target) => measureDisk(target, seed, smallest),
        1,
      ),
    )
  }
  return tables
}

function smallestBytes({ updates }: Seed, automerge: Uint8Array | null): number {
  const doc = new Y.Doc()
  for (const update of updates) Y.applyUpdate(doc, update)
  const sizes = [Y.encodeStateAsUpdate(doc), Y.encodeStateAsUpdateV2(doc), ...(automerge ? [automerge] : [])]
  return Math.min(...sizes.map(({ length }) => length))
}

async function measureDisk(target: Target, seed: Seed, smallest: number): Promise<Measurement> {
  const [empty, stored] = [await storedBytes(target, []), await storedBytes(target, [seed])]
  const added = (size: keyof Sizes): number | null =>
    stored[size] === null || empty[size] === null ? null : stored[size] - empty[size]
  const inKib = (size: keyof Sizes): number | null => ratio(added(size), KIB)
  return {
    'stored KiB': inKib('whole'),
    'compacted KiB': inKib('compacted'),
    'of which history KiB': inKib('history'),
    'smallest encoding KiB': smallest / KIB,
    'as stored, to the smallest encoding': ratio(added('whole'), smallest),
    'compacted, to the smallest encoding': ratio(added('compacted'), smallest),
    'compacted history, to the smallest encoding': ratio(added('history'), smallest),
  }
}

const ratio = (bytes: number | null, to: number): number | null => (bytes === null ? null : bytes / to)

/** In bytes. Only Sluice can join what is old, and has tables and an index beside the history. */
interface Sizes {
  readonly whole: number
  readonly compacted: number | null
  readonly history: number | null
}

async function storedBytes(target: Target, seeds: readonly Seed[]): Promise<Sizes> {
  const data = scratchFolder(target.name)
  const running = await RunningTarget.start(target, { data })
  for (const author of await seedTexts(running.address, seeds)) author.close()
  await whenStored(target)
  await running.stop()
  const whole = folderBytes(data)
  if (target.name !== 'sluice') return { whole, compacted: null, history: null }
  compact(target, data)
  return { whole, compacted: folderBytes(data), history: historyBytes(join(data, 'sluice.db')) }
}

function compact({ command: [program = '', ...args], environment }: Target, data: string): void {
  const env = { ...process.env, ...environment, SLUICE_DATA: data }
  execFileSync(program, [...args, 'compact', '--older-than', '0'], {
    env,
    stdio: ['ignore', 'ignore', 'inherit'],
  })
}

/** Of the journal and what is loaded instead of it, with their indexes. */
function historyBytes(file: string): number {
  const db = new Database(file, { readonly: true })
  try {
    const row = db
      .prepare<[], { bytes: number }>(
        `SELECT SUM(pgsize) AS bytes FROM dbstat JOIN sqlite_schema USING (name)
          WHERE tbl_name IN ('sluice_journal', 'sluice_snapshots')`,
      )
      .get()
    return row?.bytes ?? 0
  } finally {
    db.close()
  }
}

const folderBytes = (folder: string): number =>
  sum(
    readdirSync(folder, { withFileTypes: true }).map((entry) =>
      entry.isDirectory() ? folderBytes(join(folder, entry.name)) : statSync(join(folder, entry.name)).size,
    ),
  )
