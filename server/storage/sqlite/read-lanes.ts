/** Reads a record's histories: what a cold open needs (S5), and the whole journal for a rebuild (S3). */
import type { RecordKey } from '../../../shared/record/record-key.ts'
import { type Compaction, compactionOf, inflateText } from '../../plan/compaction.ts'
import { decodeErasure, type Erasure } from '../../plan/erasure.ts'
import type { ChainedEntry, JournalKind, Lane } from '../../plan/plan.ts'
import { compartmentOfLane } from '../../plan/plan.ts'
import type { StoredLane, StoredTextLane } from '../storage.ts'
import { compartmentNames } from './compartment-rows.ts'
import { type OriginColumns, originOf } from './origin-columns.ts'
import { findRecordRow, laneVersion } from './record-row.ts'
import type { Statements } from './statements.ts'

/** The columns of an `OriginColumns`. */
const ORIGIN_COLUMNS = 'subject, roles, session, door, device, metadata, claimed_at, received_at'
/** The columns of a `JournalRow`. */
export const JOURNAL_COLUMNS = `lane, kind, bytes, hash, rejected, schema, chain, ${ORIGIN_COLUMNS}`
/** SQLite's word for no limit. */
const ALL = -1

export interface JournalRow extends OriginColumns {
  readonly lane: Lane
  readonly kind: JournalKind
  readonly bytes: Uint8Array
  readonly hash: string | null
  /** JSON. */
  readonly rejected: string | null
  readonly schema: string | null
  readonly chain: string
}

/** A lane whose snapshot may be the text of a compaction, as that lies in the journal. */
export type Packed<Lane> = Lane & { readonly compaction: Compaction | null }

export async function unpacked<Lane extends Pick<StoredLane, 'snapshot'>>({
  compaction,
  ...lane
}: Packed<Lane>): Promise<Omit<Packed<Lane>, 'compaction'>> {
  if (compaction === null || lane.snapshot === null) return lane
  const { version, bytes } = lane.snapshot
  return { ...lane, snapshot: { version, bytes: await inflateText(bytes, compaction) } }
}

/** @param tailMax how many entries of the tail are read at most, the oldest first. */
export function loadLane(
  sql: Statements,
  key: RecordKey,
  lane: Lane,
  tailMax: number = ALL,
): Packed<StoredLane> {
  return sql.snapshot(() => {
    const row = findRecordRow(sql, key)
    if (row === undefined)
      return {
        version: 0,
        erasure: null,
        snapshot: null,
        tail: [],
        chain: null,
        bindings: new Map(),
        createdAt: null,
        compartments: [],
        compaction: null,
      }
    const version = laneVersion(sql, row, lane)
    const erasure = readErasure(sql, row.record, lane)
    const { snapshot, compaction, chain } = readStart(sql, row.record, lane)
    const tail = readJournal(sql, row.record, lane, startOf({ snapshot, erasure }), tailMax)
    const isWhole = tailMax === ALL || tail.length < tailMax
    return {
      version,
      erasure,
      snapshot,
      compaction,
      tail,
      chain:
        chain?.version === version
          ? chain.value
          : ((isWhole ? tail.at(-1)?.chain : null) ?? readChain(sql, row.record, lane, version)),
      bindings: readBindings(sql, row.record),
      createdAt: row.erased === null ? row.created_at : null,
      compartments: compartmentNames(sql, row.record),
    }
  })
}

/** Of the entry that comes before the tail. */
export const startOf = ({ snapshot, erasure }: Pick<StoredLane, 'snapshot' | 'erasure'>): number =>
  snapshot?.version ?? erasure?.version ?? 0

/** Entries behind a version, up to another; none of a record that is not there. */
export function readTail(
  sql: Statements,
  key: RecordKey,
  lane: Lane,
  after: number,
  upTo: number,
): readonly ChainedEntry[] {
  const row = findRecordRow(sql, key)
  return row === undefined ? [] : readJournal(sql, row.record, lane, after, ALL, upTo)
}

export function loadText(sql: Statements, key: RecordKey): Packed<StoredTextLane> {
  return sql.snapshot(() => {
    const row = findRecordRow(sql, key)
    if (row === undefined) return NO_TEXT
    const { record, text_version: version } = row
    const { snapshot, compaction, chain } = readStart(sql, record, 'text')
    const erasure = readErasure(sql, record, 'text')
    const tail = readUpdates(sql, record, snapshot?.version ?? erasure?.version ?? 0)
    const newest = readNewest(sql, record, version)
    return {
      version,
      erasure,
      snapshot,
      tail,
      receivedAt: tail.length === 0 ? null : (newest?.received_at ?? null),
      chain: chain?.version === version ? chain.value : (newest?.chain ?? null),
      bindings: readBindings(sql, record),
      compaction,
    }
  })
}

const NO_TEXT: Packed<StoredTextLane> = {
  version: 0,
  erasure: null,
  snapshot: null,
  tail: [],
  receivedAt: null,
  chain: null,
  bindings: new Map(),
  compaction: null,
}

export function scanJournal(
  sql: Statements,
  key: RecordKey,
  lanes: 'fields' | 'text',
): readonly ChainedEntry[] {
  return sql.snapshot(() => {
    const row = findRecordRow(sql, key)
    if (row === undefined) return []
    return lanes === 'text' ? readJournal(sql, row.record, 'text', 0) : readAllFields(sql, row.record)
  })
}

/** Of the present epoch. */
export function readTextUpTo(sql: Statements, key: RecordKey, version: number): readonly ChainedEntry[] {
  return sql.snapshot(() => {
    const row = findRecordRow(sql, key)
    if (row === undefined) return []
    return sql
      .prepare<[number, number, number], JournalRow>(
        `SELECT ${JOURNAL_COLUMNS} FROM sluice_journal
          WHERE record = ? AND lane = 'text' AND version > ? AND version <= ? ORDER BY version`,
      )
      .all(row.record, readErasure(sql, row.record, 'text')?.version ?? 0, version)
      .map(entryOf)
  })
}

function readAllFields(sql: Statements, record: number): readonly ChainedEntry[] {
  return sql
    .prepare<[number], JournalRow>(
      `SELECT ${JOURNAL_COLUMNS} FROM sluice_journal WHERE record = ? AND lane <> 'text' ORDER BY position`,
    )
    .all(record)
    .map(entryOf)
}

/** @throws RangeError for a stub that somebody has edited: nothing may be read past it. */
function readErasure(sql: Statements, record: number, lane: Lane): Erasure | null {
  const row = sql
    .prepare<[number, Lane], { bytes: Uint8Array }>(
      `SELECT bytes FROM sluice_journal WHERE record = ? AND lane = ? AND kind = 'erasure'
        ORDER BY version DESC LIMIT 1`,
    )
    .get(record, lane)
  if (row === undefined) return null
  const erasure = decodeErasure(row.bytes)
  if (erasure === null) throw new RangeError('the stub of an erasure cannot be read')
  return erasure
}

function readSnapshot(sql: Statements, record: number, lane: Lane): StoredLane['snapshot'] {
  const row = sql
    .prepare<[number, Lane], { version: number; bytes: Uint8Array }>(
      'SELECT version, bytes FROM sluice_snapshots WHERE record = ? AND lane = ?',
    )
    .get(record, lane)
  return row === undefined ? null : { version: row.version, bytes: plainBytes(row.bytes) }
}

/** What a load starts from: the newest snapshot, or the text of a compaction if that is newer. */
interface Start {
  readonly snapshot: StoredLane['snapshot']
  /** With which `snapshot` is packed; null if it is not. */
  readonly compaction: Compaction | null
  /** What the entry behind a compaction is chained to; null without one. */
  readonly chain: { readonly version: number; readonly value: string } | null
}

function readStart(sql: Statements, record: number, lane: Lane): Start {
  const snapshot = readSnapshot(sql, record, lane)
  const compacted = lane === 'text' ? findCompaction(sql, record) : null
  if (compacted === null) return { snapshot, compaction: null, chain: null }
  const { version, compaction } = compacted
  const chain = { version, value: compaction.chain }
  if (snapshot !== null && snapshot.version > version) return { snapshot, compaction: null, chain }
  return { snapshot: readPacked(sql, record, version), compaction, chain }
}

interface Compacted {
  /** Of the last entry that it stands for. */
  readonly version: number
  readonly compaction: Compaction
}

/** With which the present epoch of a text goes on; a record has one at most (S10). */
export function findCompaction(sql: Statements, record: number): Compacted | null {
  const row = sql
    .prepare<[number], OriginColumns & { version: number }>(
      `SELECT version, ${ORIGIN_COLUMNS} FROM sluice_journal WHERE record = ? AND kind = 'compaction'`,
    )
    .get(record)
  return row === undefined
    ? null
    : { version: row.version, compaction: compactionOf({ origin: originOf(row) }) }
}

function readPacked(sql: Statements, record: number, version: number): NonNullable<StoredLane['snapshot']> {
  const [entry] = readJournal(sql, record, 'text', version - 1, 1)
  if (entry === undefined) throw new RangeError('a compaction that was just found')
  return { version, bytes: entry.bytes }
}

function readJournal(
  sql: Statements,
  record: number,
  lane: Lane,
  after: number,
  limit = ALL,
  upTo = Number.MAX_SAFE_INTEGER,
): readonly ChainedEntry[] {
  return sql
    .prepare<[number, Lane, number, number, number], JournalRow>(
      `SELECT ${JOURNAL_COLUMNS} FROM sluice_journal
        WHERE record = ? AND lane = ? AND version > ? AND version <= ? ORDER BY version LIMIT ?`,
    )
    .all(record, lane, after, upTo, limit)
    .map(entryOf)
}

/** Nothing but the bytes of a text's entries: an eighth of the time that whole entries take. */
function readUpdates(sql: Statements, record: number, after: number): readonly Uint8Array[] {
  return sql
    .prepare<[number, number], Uint8Array>(
      `SELECT bytes FROM sluice_journal WHERE record = ? AND lane = 'text' AND version > ? ORDER BY version`,
    )
    .pluck()
    .all(record, after)
    .map(plainBytes)
}

function readNewest(
  sql: Statements,
  record: number,
  version: number,
): Pick<JournalRow, 'chain' | 'received_at'> | undefined {
  return sql
    .prepare<[number, number], Pick<JournalRow, 'chain' | 'received_at'>>(
      `SELECT chain, received_at FROM sluice_journal WHERE record = ? AND lane = 'text' AND version = ?`,
    )
    .get(record, version)
}

/** @throws SyntaxError for metadata that is not JSON: somebody has edited the row. */
export const entryOf = (row: JournalRow): ChainedEntry => ({
  kind: row.kind,
  bytes: plainBytes(row.bytes),
  hash: row.hash,
  ...(row.rejected === null ? {} : { rejected: JSON.parse(row.rejected) }),
  ...(row.lane === 'fields' || row.lane === 'text' ? {} : { compartment: compartmentOfLane(row.lane) }),
  schema: row.schema,
  chain: row.chain,
  origin: originOf(row),
})

function readChain(sql: Statements, record: number, lane: Lane, version: number): string | null {
  const row = sql
    .prepare<[number, Lane, number], { chain: string }>(
      'SELECT chain FROM sluice_journal WHERE record = ? AND lane = ? AND version = ?',
    )
    .get(record, lane, version)
  return row?.chain ?? null
}

export function readBindings(sql: Statements, record: number): ReadonlyMap<string, string> {
  const rows = sql
    .prepare<[number], { author: string; subject: string }>(
      'SELECT author, subject FROM sluice_authors WHERE record = ?',
    )
    .all(record)
  return new Map(rows.map(({ author, subject }) => [author, subject]))
}

/** SQLite answers a Node `Buffer`, whose methods differ from those of the array that it looks like. */
const plainBytes = (bytes: Uint8Array): Uint8Array =>
  new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
