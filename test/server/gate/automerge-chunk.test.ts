// Reading changes without the library: what it says of an honest one, and which bytes it does not accept.
import * as Automerge from '@automerge/automerge'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ReadChunk } from '../../../server/gate/automerge-chunk.ts'
import { readChangeChunk } from '../../../server/gate/automerge-chunk.ts'
import { defaultAutomergeLimits } from '../../../server/gate/automerge-gate.ts'
import { lebBytes } from '../../../server/gate/byte-reader.ts'
import { honestHistory } from './automerge-histories.ts'
import { ADA, BOB, bobs, CARL, doc, set, written } from './automerge-record.ts'
import { bodyOf, chunk, columnar, signed } from './signed-chunk.ts'

const read = (bytes: Uint8Array): ReadChunk => readChangeChunk(bytes, defaultAutomergeLimits)

const honest = written(BOB, (root) => {
  root.n = 2
})

/** Three rows that put 1, 2 and 3 under one key: the columns that the cases below bend. */
const COLUMNS: readonly (readonly [number, readonly number[]])[] = [
  [0x15, [3, 1, 0x6b]],
  [0x34, [3]],
  [0x42, [3, 1]],
  [0x56, [3, 0x14]],
  [0x57, [1, 2, 3]],
  [0x70, [3, 0]],
]
const bent = (spec: number, data: readonly number[]): Uint8Array =>
  columnar(
    BOB,
    COLUMNS.map(([known, honestData]) => [known, known === spec ? data : honestData] as const),
  )
const withColumns = (...more: (readonly [number, readonly number[]])[]): Uint8Array =>
  columnar(
    BOB,
    [...COLUMNS, ...more].sort(([a], [b]) => a - b),
  )

describe('readChangeChunk', () => {
  it('tells of honest changes what the library tells, and keeps their bytes', () => {
    fc.assert(
      fc.property(honestHistory, (changes) => {
        for (const bytes of changes) {
          const { hash, actor, seq, startOp, time, deps, ops } = Automerge.decodeChange(bytes)
          const facts = { bytes, hash, actor, seq, startOp, time, deps, opCount: ops.length }
          expect(read(bytes)).toEqual({ ok: true, chunk: facts })
          const deflated = read(signed(bodyOf(bytes), 2))
          expect(deflated).toEqual({ ok: true, chunk: facts })
        }
      }),
      { numRuns: 40 },
    )
  })

  it('reads a deflated change as the library does', () => {
    const change = bobs([set({ value: 'x'.repeat(5_000) })])
    const deflated = signed(bodyOf(change), 2)
    expect(deflated.length).toBeLessThan(change.length / 10)
    const { hash } = Automerge.decodeChange(deflated)
    expect(read(deflated)).toMatchObject({ ok: true, chunk: { hash, bytes: change } })
  })

  it('copies the bytes, so that nobody who holds the frame can change them', () => {
    const frame = Uint8Array.from([...honest, 1, 2, 3])
    const result = read(frame.subarray(0, honest.length))
    frame.fill(0)
    expect(result).toMatchObject({ ok: true, chunk: { bytes: honest } })
  })

  it('tells the hash of a refused change if its checksum is right', () => {
    const change = signed(bent(0x42, [3, 9]))
    expect(read(change)).toEqual({
      ok: false,
      reason: 'an unknown action',
      hash: expect.stringMatching(/^[0-9a-f]{64}$/),
    })
    expect(read(change.with(4, (change[4] ?? 0) ^ 1))).toEqual({
      ok: false,
      reason: 'a wrong checksum',
      hash: null,
    })
  })

  it('the change that the cases below bend is one that the library reads', () => {
    expect(read(signed(columnar(BOB, COLUMNS)))).toMatchObject({ ok: true, chunk: { opCount: 3 } })
    expect(Automerge.decodeChange(signed(columnar(BOB, COLUMNS))).ops).toHaveLength(3)
  })

  const sum = new Uint8Array(4)
  it.each<[string, Uint8Array, string]>([
    ['nothing', new Uint8Array(), 'cut short'],
    ['another magic', honest.with(0, 0x86), 'not an Automerge chunk'],
    ['a document', Automerge.save(doc), 'not a change'],
    ['a bundle', chunk(3, sum, bodyOf(honest)), 'not a change'],
    ['bytes behind the change', Uint8Array.from([...honest, 0]), 'behind the change'],
    ['a change that is cut short', honest.slice(0, -1), 'cut short'],
    [
      'a length that is longer than need be',
      Uint8Array.from([...honest.slice(0, 9), (honest[9] ?? 0) | 0x80, 0, ...honest.slice(10)]),
      'longer than need be',
    ],
    [
      'a deflated change with the checksum of its deflated form',
      chunk(2, honest.subarray(4, 8), bodyOf(honest)),
      'a deflated change that is broken',
    ],
    ['bytes behind the deflated change', deflatedWith([0]), 'behind the deflated change'],
  ])('W6: %s is refused', (_name, bytes, reason) => {
    expect(read(bytes)).toMatchObject({ ok: false, reason: expect.stringContaining(reason) })
  })

  it.each<[string, Uint8Array, string]>([
    ['a run of one', bent(0x42, [1, 1, 2, 1]), 'otherwise'],
    ['two runs of the same', bent(0x42, [2, 1, 0x7f, 1]), 'otherwise'],
    ['a repetition that is spelled out', bent(0x42, [0x7d, 1, 1, 1]), 'otherwise'],
    ['a run of nothing', bent(0x42, [3, 1, 0, 0]), 'otherwise'],
    ['single values in two pieces', bent(0x56, [0x7f, 0x14, 0x7e, 0x06, 0x14]), 'otherwise'],
    ['nothing but nulls', withColumns([0x01, [0, 3]]), 'otherwise'],
    ['flags that end on none', bent(0x34, [3, 0]), 'otherwise'],
    ['fewer rows than operations', bent(0x15, [2, 1, 0x6b]), 'different lengths'],
    ['more rows than operations', bent(0x15, [4, 1, 0x6b]), 'different lengths'],
    ['a billion flags', bent(0x34, lebBytes(1e9)), 'different lengths'],
    ['a deflated column', withColumns([0x5f, [1]]), 'a deflated column'],
    ['an unknown column', withColumns([0x86, [3, 1]]), 'an unknown column'],
    ['an empty column', withColumns([0x71, []]), 'an empty column'],
    ['columns out of order', columnar(BOB, [...COLUMNS].reverse()), 'out of order'],
    ['columns without operations', columnar(BOB, [[0x15, [3, 1, 0x6b]]]), 'without operations'],
    ['columns of marks', withColumns([0x94, [0, 3]]), 'marks'],
    ['a table', bent(0x42, [3, 6]), 'an unknown action'],
    ['a value of a deletion', bent(0x42, [3, 3]), 'does not fit its action'],
    ['a value of unknown type', bent(0x56, [3, 0x1a]), 'unknown type'],
    ['a value of the wrong length', bent(0x56, [3, 0x24]), 'wrong length'],
    ['values of nobody', bent(0x57, [1, 2, 3, 4]), 'belong to no operation'],
    ['an integer that is longer than need be', bent(0x57, [1, 0x82, 0, 3]), 'longer than need be'],
    ['a key and an element at once', withColumns([0x13, [3, 0]]), 'at once'],
    ['an element without an actor', columnar(BOB, [[0x13, [3, 1]], ...COLUMNS.slice(1)]), 'no operation'],
    ['neither key nor element', columnar(BOB, COLUMNS.slice(1)), 'no operation'],
    ['half an object id', withColumns([0x02, [3, 1]]), 'no operation'],
    ['an actor that is not listed', withColumns([0x01, [3, 5]], [0x02, [3, 1]]), 'no operation'],
    ['an actor that nobody names', columnar(BOB, COLUMNS, [CARL]), 'no operation names'],
    ['actors out of order', columnar(BOB, COLUMNS, [CARL, ADA]), 'out of order'],
    ['its own actor twice', columnar(BOB, COLUMNS, [BOB]), 'doubled'],
    ['a billion predecessors', bent(0x70, [3, ...lebBytes(1e9)]), 'predecessors'],
    ['extra bytes', Uint8Array.from([...bodyOf(honest), 9, 9]), 'unknown meaning'],
    ['an author without a name', Uint8Array.from([...bodyOf(honest), 1, 0]), 'unknown meaning'],
    ['two authors', Uint8Array.from([...bodyOf(honest), 1, 1, 9, 1, 1, 9]), 'unknown meaning'],
  ])('W6: a body with %s is refused', (_name, body, reason) => {
    expect(read(signed(body))).toMatchObject({ ok: false, reason: expect.stringContaining(reason) })
  })

  it('W6: predecessors that are doubled or out of order are refused', () => {
    const preds = (counters: readonly number[]): Uint8Array =>
      withPreds([0x7f, counters.length], [counters.length, 0], [0x80 - counters.length, ...counters])
    expect(read(signed(preds([5, 2]))).ok).toBe(true)
    expect(read(signed(preds([5, 0x7e])))).toMatchObject({ reason: expect.stringContaining('out of order') })
    expect(read(signed(preds([5, 0])))).toMatchObject({ reason: expect.stringContaining('doubled') })
  })

  it('answers any bytes without throwing', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (body) => {
        expect(read(body).ok).toBe(false)
        read(signed(body))
        read(signed(body, 2))
      }),
      { numRuns: 2_000 },
    )
  })
})

function deflatedWith(extra: readonly number[]): Uint8Array {
  const deflated = signed(bodyOf(honest), 2)
  return chunk(2, deflated.subarray(4, 8), Uint8Array.from([...bodyOf(deflated), ...extra]))
}

/** One operation with predecessors. */
const withPreds = (
  count: readonly number[],
  actor: readonly number[],
  counter: readonly number[],
): Uint8Array =>
  columnar(BOB, [
    [0x15, [0x7f, 1, 0x6b]],
    [0x34, [1]],
    [0x42, [0x7f, 1]],
    [0x56, [0x7f, 0]],
    [0x70, count],
    [0x71, actor],
    [0x73, counter],
  ])
