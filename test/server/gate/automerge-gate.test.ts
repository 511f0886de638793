// The gate for Automerge changes: what passes, and each payload of bytes or place in history that the library
// takes and dies of.
import * as Automerge from '@automerge/automerge'
import { describe, expect, it } from 'vitest'
import { defaultAutomergeLimits } from '../../../server/gate/automerge-gate.ts'
import { lebBytes } from '../../../server/gate/byte-reader.ts'
import type { Root } from './automerge-record.ts'
import {
  ADA,
  BOB,
  bobs,
  CARL,
  doc,
  expectRefused,
  heads,
  idOf,
  naming,
  next,
  opAt,
  set,
  times,
  vet,
  written,
} from './automerge-record.ts'
import { RecordedHistory } from './recorded-history.ts'
import type { ForgedOp } from './signed-chunk.ts'
import { bodyOf, columnar, forged, signed } from './signed-chunk.ts'

describe('what a client may write', () => {
  it.each<[string, (root: Root) => void]>([
    ['a number', (root) => (root.n = 3)],
    ['bytes', (root) => (root.file = Uint8Array.of(1, 2, 3))],
    ['a number that is not finite', (root) => (root.n = Number.POSITIVE_INFINITY)],
    ['the largest integer', (root) => (root.n = Number.MAX_SAFE_INTEGER)],
    ['a deletion', (root) => delete root.n],
    ['an increment', (root) => (root.count as Automerge.Counter).increment(3)],
    ['an edit inside a text', (root) => Automerge.splice(root, ['title'], 1, 1, 'ey')],
    [
      'a block in a text',
      (root) => Automerge.splitBlock(root, ['title'], 1, { type: 'p', parents: [], attrs: {} }),
    ],
    [
      'objects as deep as the limit',
      (root) => (root.deep = times(31, () => 0).reduce<unknown>((inner) => ({ inner }), 1)),
    ],
    ['that a record is deleted', (root) => (root._deleted = true)],
    ['that it is not', (root) => (root._deleted = false)],
  ])('%s', (_name, write) => {
    const change = written(BOB, write)
    expect(vet(change)).toMatchObject({ ok: true, change: { hash: Automerge.decodeChange(change).hash } })
  })

  it('a change that is deflated is kept uncompressed', () => {
    const change = written(BOB, (root) => (root.long = new Automerge.ImmutableString('x'.repeat(2_000))))
    const verdict = vet(signed(bodyOf(change), 2))
    expect(verdict).toMatchObject({ ok: true, change: { bytes: change } })
  })

  it('a change at an earlier point of history, whose operations count on from all that its author knew', () => {
    const ahead = Automerge.change(Automerge.clone(doc, { actor: BOB }), (root) => (root.n = 2))
    const known = RecordedHistory.of(ahead)
    const { newDoc } = Automerge.changeAt(ahead, heads, (root) => (root.n = 3))
    const [first, second] = Automerge.getChanges(doc, newDoc)
    if (first === undefined || second === undefined) throw new Error('two changes were made')
    expect(vet(second)).toMatchObject({ ok: false, kind: 'orphan', missing: [] })
    expect(vet(second, known)).toMatchObject({ ok: true })
  })

  it('a change of an actor whose last one it has seen through somebody else only', () => {
    const bob = Automerge.change(Automerge.clone(doc, { actor: BOB }), (root) => (root.n = 2))
    const carl = Automerge.change(Automerge.clone(bob, { actor: CARL }), (root) => (root.n = 3))
    const { newDoc } = Automerge.changeAt(
      Automerge.clone(carl, { actor: BOB }),
      Automerge.getHeads(carl),
      (root) => (root.n = 4),
    )
    const [change] = Automerge.getChanges(carl, newDoc)
    if (change === undefined) throw new Error('no change')
    expect(vet(change, RecordedHistory.of(carl))).toMatchObject({
      ok: true,
      change: { decoded: { actor: BOB, seq: 2 } },
    })
  })

  it('a change that names its author, as the library lets it', () => {
    const change = Automerge.getLastLocalChange(
      Automerge.change(Automerge.clone(doc, { author: 'beef' }), (root: Root) => (root.n = 2)),
    )
    expect(vet(change ?? new Uint8Array())).toMatchObject({
      ok: true,
      change: { decoded: { author: 'beef' } },
    })
  })
})

describe('bytes', () => {
  const honest = written(BOB, (root) => (root.n = 2))

  it('W6: every flipped bit is refused: the library checks no checksum', () => {
    for (let bit = 0; bit < honest.length * 8; bit++) {
      const flipped = honest.with(bit >> 3, (honest[bit >> 3] ?? 0) ^ (1 << (bit & 7)))
      expect(vet(flipped).ok).toBe(false)
    }
  })

  it('W6: a deflate bomb of 64 MB is refused', () => {
    expectRefused(signed(new Uint8Array(64 * 1024 * 1024), 2), 'broken or holds more than')
  })

  it('W6: a million operations in 64 bytes are refused', () => {
    const million = lebBytes(1_000_000)
    const body = columnar(BOB, [
      [0x15, [...million, 1, 0x6b]],
      [0x34, million],
      [0x42, [...million, 1]],
      [0x56, [...million, 0]],
      [0x70, [...million, 0]],
    ])
    const change = signed(body)
    expect(change.length).toBeLessThan(70)
    expectRefused(change, 'more than 10000 operations')
  })

  it('W6: a change larger than the limit is refused', () => {
    expectRefused(new Uint8Array(defaultAutomergeLimits.changeBytesMax + 1), 'a change of more than')
  })

  it('W6: an integer beyond 2^53 is refused: decoding it throws', () => {
    expectRefused(
      written(BOB, (root) => (root.n = 2n ** 60n)),
      'beyond 2^53',
    )
  })

  it('W6: marks are refused: whether they make the record unloadable follows only from the whole text', () => {
    expectRefused(
      written(BOB, (root) =>
        Automerge.mark(root, ['title'], { start: 0, end: 1, expand: 'none' }, 'bold', true),
      ),
      'formatting marks',
    )
    const reversed: ForgedOp[] = [
      {
        action: 'markBegin',
        obj: idOf('title'),
        elemId: opAt(({ obj }) => obj === idOf('title')),
        insert: true,
        value: true,
        ...{ name: 'b' },
      },
      { action: 'markEnd', obj: idOf('title'), elemId: '_head', insert: true },
    ]
    const [poisoned] = Automerge.applyChanges(Automerge.clone(doc), [bobs(reversed)])
    expect(() => Automerge.load(Automerge.save(poisoned))).toThrow()
    expectRefused(bobs(reversed), 'formatting marks')
  })
})

describe('place in history', () => {
  it('W6: a change is known once it is there', () => {
    expect(vet(naming?.bytes ?? new Uint8Array())).toMatchObject({
      ok: false,
      kind: 'known',
      hash: naming?.hash,
    })
  })

  it('W6: a change whose dependencies have not come is an orphan that lists them', () => {
    const missing = 'ff'.repeat(32)
    const verdict = vet(bobs([set()], { deps: [...heads, missing].sort() }))
    expect(verdict).toMatchObject({ ok: false, kind: 'orphan', missing: [missing] })
  })

  it('W6: two devices that share an actor id are told so', () => {
    expectRefused(forged([set()], { actor: ADA, startOp: next, deps: heads }), 'used on two devices')
  })

  it('W6: a seq that skips one is refused', () => {
    expectRefused(bobs([set()], { seq: 2 }), 'without the one before it')
    expectRefused(
      forged([set()], { actor: ADA, seq: 3, startOp: next, deps: heads }),
      'without the one before it',
    )
  })

  it('W6: a change that has not seen the one before it is refused: the library panics on some of them', () => {
    const change = forged([set()], { actor: ADA, seq: 2, startOp: next, deps: [naming?.hash ?? ''] })
    expectRefused(change, 'has not seen the one before it')
  })

  it.each([next - 1, 1])('W6: a startOp of %i, not after what it builds on, is refused', (startOp) => {
    expectRefused(bobs([set()], { startOp }), 'not numbered after')
  })

  it('W6: a change without operations that leaves numbers out is refused: the record would not load again', () => {
    const gap = bobs([], { deps: [naming?.hash ?? ''] })
    const [poisoned] = Automerge.applyChanges(Automerge.clone(doc), [gap])
    expect(() => Automerge.load(Automerge.save(poisoned))).toThrow('missing ops')
    expectRefused(gap, 'not numbered right after')
    const honest = Automerge.emptyChange(Automerge.clone(doc, { actor: BOB }))
    expect(vet(Automerge.getLastLocalChange(honest) ?? new Uint8Array())).toMatchObject({ ok: true })
  })

  it.each([2 ** 28, 2 ** 32 - 1, 2 ** 32 - 6, 2 ** 31])(
    'W6: a startOp of %i is refused: loading runs out of memory',
    (startOp) => {
      expectRefused(bobs([set()], { startOp }), 'the most that a record may have')
    },
  )

  it('W6: nobody writes on under the actor of a genesis change', () => {
    const actor = Automerge.decodeChange(naming?.bytes ?? new Uint8Array()).actor
    expectRefused(forged([set()], { actor, seq: 2, startOp: next, deps: heads }), 'genesis')
  })

  it('W6: a time that no clock shows is refused', () => {
    expectRefused(bobs([set()], { time: Number.MAX_SAFE_INTEGER }), 'a time that no clock shows')
  })

  it('W6: a message beyond the limit is refused', () => {
    expectRefused(bobs([set()], { message: 'é'.repeat(2_049) }), 'a message longer than 4096')
  })

  it.each([15, 49])('W6: an actor id of %i bytes is refused', (bytes) => {
    expectRefused(forged([set()], { actor: 'ab'.repeat(bytes), startOp: next, deps: heads }), 'actor id')
  })
})
