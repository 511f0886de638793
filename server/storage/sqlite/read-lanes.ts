/** Reads a record's histories: what a cold open needs (S5), and the whole journal for a rebuild (S3). */
import type { RecordKey } from '../../../shared/record/record-key.ts'
import { decodeErasure, type Erasure } from '../../plan/erasure.ts'
import type { ChainedEntry, JournalKind, Lane } from '../../plan/plan.ts'
import type { StoredLane } from '../storage.ts'
import { type OriginColumns, originOf } from './origin-columns.ts'
import { findRecordRow, laneVersion } from './record-row.ts'
import type { Statements } from './statements.ts'

/** The columns of a `JournalRow`. */
export const JOURNAL_COLUMNS =
  'kind, bytes, hash, rejected, schema, chain, subject, roles, session, door, device, metadata, claimed_at, received_at'

export interface JournalRow extends OriginColumns {
  readonly kind: JournalKind
  readonly bytes: Uint8Array
  readonly hash: string | null
  /** JSON. */
  readonly rejected: string | null
  readonly schema: string | null
  readonly chain: string
}

export function loadLane(sql: Statements, key: RecordKey, lane: Lane): StoredLane {
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
      }
    const snapshot = readSnapshot(sql, row.record, lane)
    const version = laneVersion(row, lane)
    const erasure = readErasure(sql, row.record, lane)
    const tail = readJournal(sql, row.record, lane, snapshot?.version ?? erasure?.version ?? 0)
    return {
      version,
      erasure,
      snapshot,
      tail,
      chain: tail.at(-1)?.chain ?? readChain(sql, row.record, lane, version),
      bindings: readBindings(sql, row.record),
      createdAt: row.erased === null ? row.created_at : null,
    }
  })
}

export function scanJournal(sql: Statements, key: RecordKey, lane: Lane): readonly ChainedEntry[] {
  return sql.snapshot(() => {
    const row = findRecordRow(sql, key)
    return row === undefined ? [] : readJournal(sql, row.record, lane, 0)
  })
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

function readJournal(sql: Statements, record: number, lane: Lane, after: number): readonly ChainedEntry[] {
  return sql
    .prepare<[number, Lane, number], JournalRow>(
      `SELECT ${JOURNAL_COLUMNS} FROM sluice_journal
        WHERE record = ? AND lane = ? AND version > ? ORDER BY version`,
    )
    .all(record, lane, after)
    .map(entryOf)
}

/** @throws SyntaxError for metadata that is not JSON: somebody has edited the row. */
export const entryOf = (row: JournalRow): ChainedEntry => ({
  kind: row.kind,
  bytes: plainBytes(row.bytes),
  hash: row.hash,
  ...(row.rejected === null ? {} : { rejected: JSON.parse(row.rejected) }),
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

function readBindings(sql: Statements, record: number): ReadonlyMap<string, string> {
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
