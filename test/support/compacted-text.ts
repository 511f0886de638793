// A text's journal as several people typed it, and what is needed to join its first entries.
import * as Y from 'yjs'
import { compactionOf, isCompaction, unpackText } from '../../server/plan/compaction.ts'
import { chainJournal, laneStart } from '../../server/plan/journal-chain.ts'
import type { ChainedEntry, JournalEntry } from '../../server/plan/plan.ts'
import type { CompactionRequest, NumberedEntry } from '../../server/plan/plan-compaction.ts'
import type { RecordKey } from '../../shared/record/record-key.ts'
import { at, originAt } from '../contract/storage/plan-fixture.ts'
import type { SeededRandom } from './seeded-random.ts'

const PEOPLE = ['ada', 'bob', 'eve']

/** Entries that build on each other by people who see each other now and then; the nth is received at second n. */
export function typedEntries(key: RecordKey, count: number, random: SeededRandom): readonly ChainedEntry[] {
  const docs = PEOPLE.map((_, index) => {
    const doc = new Y.Doc()
    doc.clientID = index + 1
    return doc
  })
  const entries: JournalEntry[] = []
  const told: Uint8Array[] = []
  for (let second = 1; second <= count; second++) {
    const person = random.int(0, PEOPLE.length - 1)
    const doc = docs[person] ?? new Y.Doc()
    if (random.int(0, 1) === 0) for (const update of told) Y.applyUpdate(doc, update)
    const before = Y.encodeStateVector(doc)
    const text = doc.getText('notes')
    if (text.length > 4 && random.int(0, 2) === 0) text.delete(random.int(0, text.length - 3), 2)
    text.insert(random.int(0, text.length), `word ${second} `)
    const bytes = Y.encodeStateAsUpdate(doc, before)
    told.push(bytes)
    entries.push({ kind: 'update', bytes, hash: null, origin: originAt(second, PEOPLE[person]) })
  }
  return chainJournal({ lane: 'text', version: 0, chain: laneStart(key, 'text') }, entries, null)
}

export const numbered = (entries: readonly ChainedEntry[], after = 0): readonly NumberedEntry[] =>
  entries.map((entry, index) => ({ version: after + index + 1, entry }))

/** To join the first `count` of the entries, of which a checkpoint has signed the one at `signed`. */
export const requestFor = (
  key: RecordKey,
  entries: readonly NumberedEntry[],
  count: number,
  signed: NumberedEntry,
): CompactionRequest => ({
  key,
  start: 0,
  startChain: null,
  entries: entries.slice(0, count),
  following: entries.slice(count, entries.indexOf(signed) + 1),
  signedChain: signed.entry.chain,
  origin: { ...originAt(500, 'sluice'), metadata: {}, receivedAt: at(500) },
})

/** The whole text as its entries give it. */
export function textOf(entries: readonly ChainedEntry[]): {
  readonly text: string
  readonly state: Uint8Array
} {
  const doc = new Y.Doc()
  doc.transact(() => {
    for (const entry of entries)
      Y.applyUpdate(doc, isCompaction(entry) ? unpackText(entry.bytes, compactionOf(entry)) : entry.bytes)
  })
  return { text: doc.getText('notes').toString(), state: Y.encodeStateAsUpdate(doc) }
}
