// What disk a history takes, as it was stored and once what is old of it was joined.
import { execFileSync } from 'node:child_process'
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import * as Y from 'yjs'
import type { BenchContext } from '../bench-context.ts'
import { pause, sum } from '../load/measures.ts'
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

/** What follows a write, such as the search index, belongs to what it takes. */
const FOLLOWED_MS = 2_500

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
  const [empty, stored] = [await storedSizes(target, []), await storedSizes(target, [seed])]
  const added = (size: keyof Sizes): number | null =>
    stored[size] === null || empty[size] === null ? null : stored[size] - empty[size]
  const inKib = (bytes: number | null): number | null => ratio(bytes, KIB)
  return {
    'an empty store KiB': inKib(empty.whole),
    'stored KiB': inKib(added('whole')),
    'compacted KiB': inKib(added('compacted')),
    'of which history KiB': inKib(added('history')),
    'text column KiB': inKib(added('texts')),
    'search index KiB': inKib(added('search')),
    'other tables KiB': inKib(added('others')),
    'of all these, left empty KiB': inKib(added('unused')),
    'smallest encoding KiB': smallest / KIB,
    'as stored, to the smallest encoding': ratio(added('whole'), smallest),
    'compacted, to the smallest encoding': ratio(added('compacted'), smallest),
    'compacted history, to the smallest encoding': ratio(added('history'), smallest),
    'text column alone, to the smallest encoding': ratio(added('texts'), smallest),
  }
}

const ratio = (bytes: number | null, to: number): number | null => (bytes === null ? null : bytes / to)

/** In bytes. Only Sluice can join what is old, and has tables and an index beside the history. */
interface Sizes extends Readonly<Record<keyof Parts, number | null>> {
  readonly whole: number
  readonly compacted: number | null
}

const NO_PARTS = { compacted: null, history: null, texts: null, search: null, others: null, unused: null }

async function storedSizes(target: Target, seeds: readonly Seed[]): Promise<Sizes> {
  const data = scratchFolder(target.name)
  const running = await RunningTarget.start(target, { data })
  for (const author of await seedTexts(running.address, seeds)) author.close()
  await whenStored(target)
  await pause(FOLLOWED_MS)
  await running.stop()
  const whole = folderBytes(data)
  if (target.name !== 'sluice') return { whole, ...NO_PARTS }
  compact(target, data)
  return { whole, compacted: folderBytes(data), ...partsOf(join(data, 'sluice.db')) }
}

function compact({ command: [program = '', ...args], environment }: Target, data: string): void {
  const env = { ...process.env, ...environment, SLUICE_DATA: data }
  execFileSync(program, [...args, 'compact', '--older-than', '0'], {
    env,
    stdio: ['ignore', 'ignore', 'inherit'],
  })
}

/** Bytes of the pages of a store's file, by what they are for, tables with their indexes; and what of them holds nothing. */
interface Parts {
  /** The journal, and what is loaded instead of it. */
  readonly history: number
  /** What SQL reads. */
  readonly texts: number
  readonly search: number
  readonly others: number
  readonly unused: number
}

const PART_OF_TABLE = `CASE WHEN tbl_name IN ('sluice_journal', 'sluice_snapshots') THEN 'history'
  WHEN tbl_name = 'docs' THEN 'texts' WHEN tbl_name GLOB 'sluice_search*' THEN 'search' ELSE 'others' END`

function partsOf(file: string): Parts {
  const db = new Database(file, { readonly: true })
  try {
    const rows = db
      .prepare<[], { part: string; bytes: number; unused: number }>(
        `SELECT ${PART_OF_TABLE} AS part, SUM(pgsize) AS bytes, SUM(unused) AS unused
          FROM dbstat LEFT JOIN sqlite_schema USING (name) GROUP BY part`,
      )
      .all()
    const bytesOf = (part: keyof Parts): number => rows.find((row) => row.part === part)?.bytes ?? 0
    return {
      history: bytesOf('history'),
      texts: bytesOf('texts'),
      search: bytesOf('search'),
      others: bytesOf('others'),
      unused: sum(rows.map(({ unused }) => unused)),
    }
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
