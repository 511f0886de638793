// S7: the chain depends on every member of every entry, on their order, on the record and on the lane.
import fc from 'fast-check'
import { s } from 'sluice'
import { expect, test } from 'vitest'
import * as Y from 'yjs'
import { TypedDocument } from '../../../server/gate/typed-document.ts'
import { defaultYjsLimits } from '../../../server/gate/yjs-limits.ts'
import { foldJournal } from '../../../server/plan/fold-journal.ts'
import { chainJournal, chainOf, chainStart } from '../../../server/plan/journal-chain.ts'
import type { ChainedEntry, JournalEntry, Lane } from '../../../server/plan/plan.ts'
import { planText } from '../../../server/plan/plan-text.ts'
import { directTurns } from '../../../server/rooms/turns.ts'
import type { Json } from '../../../shared/json.ts'
import { canonicalJson } from '../../../shared/json.ts'
import type { Violation } from '../../../shared/policies/violation.ts'
import type { Origin } from '../../../shared/record/origin.ts'
import { documentIdOf } from '../../../shared/record/record-key.ts'
import { digestOf } from '../../../shared/schema/collection-definition.ts'
import { originOf, RecordBench } from '../../support/record-bench.ts'

const text = fc.string({ unit: 'grapheme', maxLength: 6 })
const maybe = fc.option(text)
const origin: fc.Arbitrary<Origin> = fc.record({
  subject: text,
  roles: fc.array(text, { maxLength: 2 }),
  session: text,
  door: fc.constantFrom('rest', 'yjs', 'upload'),
  device: maybe,
  metadata: fc.dictionary(text, fc.oneof(text, fc.integer(), fc.constant(null)), { maxKeys: 3 }),
  claimedAt: maybe,
  receivedAt: text,
})
const entry: fc.Arbitrary<Omit<ChainedEntry, 'chain'>> = fc.record({
  kind: fc.constantFrom('genesis', 'change', 'settle', 'update'),
  bytes: fc.uint8Array({ maxLength: 8 }),
  hash: maybe,
  schema: maybe,
  origin,
})
const row = fc.record({
  previous: text,
  lane: fc.constantFrom<Lane>('fields', 'text'),
  version: fc.nat(12),
  entry,
})
type Row = typeof row extends fc.Arbitrary<infer T> ? T : never

const chain = ({ previous, lane, version, entry }: Row): string => chainOf(previous, lane, version, entry)

/** What a journal row holds, in a form that is equal for equal rows. */
const contentOf = ({ entry, ...rest }: Row): string =>
  canonicalJson({ ...rest, entry: { ...entry, bytes: [...entry.bytes] } } as unknown as Json)

test('S7: equal rows have equal chains, and different rows different ones', () => {
  fc.assert(
    fc.property(row, row, (a, b) => {
      expect(chain(a) === chain(b)).toBe(contentOf(a) === contentOf(b))
      expect(chain(structuredClone(a))).toBe(chain(a))
    }),
  )
})

test('S7: a change of any one member changes the chain', () => {
  fc.assert(
    fc.property(row, row, (a, b) => {
      const variants: Row[] = [
        { ...a, previous: b.previous },
        { ...a, lane: b.lane },
        { ...a, version: b.version },
        ...Object.keys(a.entry).map((member) => ({
          ...a,
          entry: { ...a.entry, [member]: b.entry[member as keyof typeof b.entry] },
        })),
        ...Object.keys(a.entry.origin).map((member) => ({
          ...a,
          entry: {
            ...a.entry,
            origin: { ...a.entry.origin, [member]: b.entry.origin[member as keyof Origin] },
          },
        })),
      ]
      for (const variant of variants)
        expect(chain(variant) === chain(a)).toBe(contentOf(variant) === contentOf(a))
    }),
  )
})

test('S7: what moves from one column to the next is told apart', () => {
  fc.assert(
    fc.property(row, fc.string({ minLength: 1, maxLength: 4 }), (a, moved) => {
      const { subject, session } = a.entry.origin
      const of = (origin: Partial<Origin>): string =>
        chain({ ...a, entry: { ...a.entry, origin: { ...a.entry.origin, ...origin } } })
      expect(of({ subject: subject + moved, session })).not.toBe(of({ subject, session: moved + session }))
    }),
  )
})

test('S7: order matters, wherever two entries that differ are exchanged', () => {
  fc.assert(
    fc.property(fc.array(entry, { minLength: 2, maxLength: 6 }), fc.nat(), fc.nat(), (entries, i, j) => {
      const [a, b] = [i % entries.length, j % entries.length]
      const start = { lane: 'fields', version: 0, chain: chainStart('doc', 'fields') } as const
      const lastOf = (list: readonly JournalEntry[]) => chainJournal(start, list, 'digest').at(-1)?.chain
      const swapped = entries.with(a, entries[b] ?? expect.fail()).with(b, entries[a] ?? expect.fail())
      const content = (list: typeof entries) =>
        list.map((one) =>
          contentOf({ previous: '', lane: 'fields', version: 0, entry: { ...one, schema: '' } }),
        )
      expect(lastOf(swapped) === lastOf(entries)).toBe(
        content(swapped).join('\n') === content(entries).join('\n'),
      )
    }),
  )
})

test('S7: entries given at once or one after the other have the same chains', () => {
  fc.assert(
    fc.property(fc.array(entry, { minLength: 1, maxLength: 5 }), (entries) => {
      let head = { lane: 'text' as Lane, version: 0, chain: chainStart('doc', 'text') }
      const singly = entries.flatMap((one) => {
        const chained = chainJournal(head, [one], null)
        head = { ...head, version: head.version + 1, chain: chained.at(-1)?.chain ?? '' }
        return chained
      })
      const start = { lane: 'text', version: 0, chain: chainStart('doc', 'text') } as const
      expect(chainJournal(start, entries, null)).toEqual(singly)
    }),
  )
})

test('S7: each lane of each record starts otherwise', () => {
  const starts = [
    chainStart('a', 'fields'),
    chainStart('a', 'text'),
    chainStart('b', 'fields'),
    chainStart('b', 'text'),
  ]
  expect(new Set(starts).size).toBe(4)
})

test('S7: half a surrogate pair, which no store can keep, is not chained as it came', () => {
  const start = { lane: 'text', version: 0, chain: '' } as const
  const from = (subject: string): JournalEntry => ({
    kind: 'update',
    bytes: new Uint8Array(),
    hash: null,
    origin: { ...originOf('ann'), subject },
  })
  expect(chainJournal(start, [from('\ud800!🙂')], null)).toEqual(
    chainJournal(start, [from('\ufffd!🙂')], null),
  )
})

test('S7, S8: the planner of fields chains from plan to plan and names its schema; a replay goes on', () => {
  const record = new RecordBench({ name: s.string(), tags: s.set(s.string()) })
  record.set('ann', 'name', 'a')
  record.set('bob', 'name', 'b')
  const { key, documentId } = record.state
  const start = { lane: 'fields', version: 0, chain: chainStart(documentId, 'fields') } as const
  expect(record.journal).toEqual(chainJournal(start, record.journal, digestOf(record.collection)))
  expect(record.state.chain).toBe(record.journal.at(-1)?.chain)
  expect(record.replay().chain).toBe(record.state.chain)
  const none = { snapshot: null, tail: [], chain: null, bindings: new Map(), createdAt: null }
  expect(foldJournal(key, record.collection, none).chain).toBe(start.chain)
})

test('S7: a plan that is not committed leaves the chain of the state as it was', () => {
  const record = new RecordBench({ name: s.string() })
  record.set('ann', 'name', 'a')
  const before = record.state
  record.set('bob', 'name', 'b')
  const first = record.journal.at(-1)
  record.state = before
  record.set('bob', 'name', 'c')
  expect(record.journal.at(-1)?.chain).not.toBe(first?.chain)
  expect(before.doc.heads).not.toEqual(record.heads)
})

test('S7, S8: the planner of text chains what it journals, merged updates as one, under no schema', async () => {
  const key = { tenant: 'default', collection: 'articles', id: '1' }
  const chain = chainStart(documentIdOf(key), 'text')
  const fresh = {
    key,
    documentId: documentIdOf(key),
    erasure: null,
    erasedClients: new Set<number>(),
    version: 0,
    chain,
    document: new TypedDocument(new Y.Doc()),
    bindings: new Map(),
    bytes: 0,
  }
  const doc = new Y.Doc()
  const commands = ['a', 'b'].map((letter) => {
    const before = Y.encodeStateVector(doc)
    doc.getText('body').insert(0, letter)
    return { update: Y.encodeStateAsUpdate(doc, before), origin: originOf('ann'), denial: null }
  })
  const context = {
    at: '2026-01-01T00:00:00.000Z',
    limits: defaultYjsLimits,
    texts: ['body'],
    presentAs: () => undefined,
    tryText: () => expect.fail(),
    inTurn: directTurns.run,
  }
  const { plan, next } = await planText(fresh, commands, context)
  expect(plan?.journal).toEqual(chainJournal({ lane: 'text', version: 0, chain }, plan?.journal ?? [], null))
  expect(next).toMatchObject({ version: 1, chain: plan?.journal.at(-1)?.chain })
})

test('S7: what a rule said of a change is chained with it', () => {
  fc.assert(
    fc.property(entry, text, (one, reason) => {
      const of = (rejected?: Readonly<Record<string, Violation>>): string =>
        chainOf('', 'fields', 1, { ...one, ...(rejected === undefined ? {} : { rejected }) })
      const told = { price: { code: 'locked', reason } } as const
      expect(of(told)).not.toBe(of())
      expect(of(told)).not.toBe(of({ price: { code: 'locked', reason: `${reason}!` } }))
      expect(of(told)).toBe(of(structuredClone(told)))
    }),
  )
})
