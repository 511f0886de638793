/** Facts about the store itself, one row each in `sluice_meta`. */
import type Database from 'better-sqlite3'

export type MetaKey =
  | 'storage_id'
  /** Digest of the projected tables' definitions. */
  | 'projection_fingerprint'
  /** `fresh` or `stale`. */
  | 'projection_state'
  /** JSON: name → definition of every table that the projection created. */
  | 'projected_tables'
  /** Present while the files may hold what was erased (E6). */
  | 'unclean'
  /** JSON: the positions of the change log that restores have skipped. */
  | 'lost_positions'

export function readMeta(db: Database.Database, key: MetaKey): string | null {
  const row = db.prepare<[string], { value: string }>('SELECT value FROM sluice_meta WHERE key = ?').get(key)
  return row?.value ?? null
}

export function writeMeta(db: Database.Database, key: MetaKey, value: string): void {
  db.prepare(
    'INSERT INTO sluice_meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value',
  ).run(key, value)
}

export const removeMeta = (db: Database.Database, key: MetaKey): void =>
  void db.prepare('DELETE FROM sluice_meta WHERE key = ?').run(key)
