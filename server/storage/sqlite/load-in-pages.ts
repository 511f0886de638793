/**
 * Loads a lane in pages, between which others have their turn (W6): after a crash the tail of a record that has been written
 * to for long may have many thousand entries, of which each takes some ten microseconds.
 */
import { setImmediate } from 'node:timers/promises'
import type { RecordKey } from '../../../shared/record/record-key.ts'
import type { ChainedEntry, Lane } from '../../plan/plan.ts'
import type { StoredLane } from '../storage.ts'
import type { Packed } from './read-lanes.ts'
import { loadLane, readTail, startOf } from './read-lanes.ts'
import type { Statements } from './statements.ts'

const PAGE_ENTRIES = 512

/** @param read runs what reads the store, and notices damage. */
export async function loadInPages(
  sql: Statements,
  read: <T>(look: () => T) => T,
  key: RecordKey,
  lane: Lane,
): Promise<Packed<StoredLane>> {
  const first = read(() => loadLane(sql, key, lane, PAGE_ENTRIES))
  const start = startOf(first)
  const length = first.version - start
  if (first.tail.length < PAGE_ENTRIES || length === PAGE_ENTRIES) return first
  const tail: ChainedEntry[] = [...first.tail]
  while (tail.length < length) {
    await setImmediate()
    const after = start + tail.length
    const upTo = Math.min(after + PAGE_ENTRIES, first.version)
    const page = read(() => readTail(sql, key, lane, after, upTo))
    // What was there has been erased or compacted meanwhile: all is read at the same moment now.
    if (page.length < upTo - after) return read(() => loadLane(sql, key, lane))
    tail.push(...page)
  }
  return { ...first, tail }
}
