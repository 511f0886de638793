// Several changes at once: what they need of each other, and what a bad one may take down.
import * as Automerge from '@automerge/automerge'
import { describe, expect, it } from 'vitest'
import type { VettedBatch } from '../../../server/gate/automerge-gate.ts'
import { defaultAutomergeLimits, vetBatch } from '../../../server/gate/automerge-gate.ts'
import type { Doc } from './automerge-record.ts'
import {
  ADA,
  BOB,
  bobs,
  CARL,
  doc,
  heads,
  history,
  naming,
  next,
  set,
  times,
  written,
} from './automerge-record.ts'
import { RecordedHistory } from './recorded-history.ts'
import { forged } from './signed-chunk.ts'

const vet = (changes: readonly Uint8Array[], limits = defaultAutomergeLimits): VettedBatch =>
  vetBatch(changes, history, limits)
const hashOf = (change: Uint8Array): string => Automerge.decodeChange(change).hash
const hashes = ({ accepted }: VettedBatch): string[] => accepted.map(({ hash }) => hash)

const carls = written(CARL, (root) => {
  root.n = 7
})
/** Three changes of Bob's that build on each other. */
const chain = changesOf(doc, 3, BOB)
const bad = bobs([set({ obj: `99@${CARL}` })])
const onBad = forged([set()], { actor: BOB, seq: 2, startOp: next + 1, deps: [hashOf(bad)] })
const onThat = forged([set()], { actor: 'dd'.repeat(16), startOp: next + 2, deps: [hashOf(onBad)] })

function changesOf(base: Doc, count: number, actor: string): Uint8Array[] {
  let bob = Automerge.clone(base, { actor })
  return times(count, (value) => {
    bob = Automerge.change(bob, (root) => {
      root.step = value
    })
    return Automerge.getLastLocalChange(bob) ?? new Uint8Array()
  })
}

describe('vetBatch', () => {
  it('accepts changes that build on each other, each after what it needs', () => {
    const batch = vet([...chain].reverse())
    expect(batch).toMatchObject({ refused: [], orphans: [], more: false })
    expect(hashes(batch)).toEqual(chain.map(hashOf))
  })

  it('keeps the order in which independent changes came', () => {
    const [first] = chain
    expect(hashes(vet([carls, first ?? carls]))).toEqual([carls, first ?? carls].map(hashOf))
    expect(hashes(vet([first ?? carls, carls]))).toEqual([first ?? carls, carls].map(hashOf))
  })

  it.each([
    ['before', [bad, onBad, onThat, carls]],
    ['after', [carls, onThat, onBad, bad]],
    ['among', [onBad, carls, bad, onThat]],
  ])(
    'W6: a bad change takes down those that build on it and no other: it comes %s them',
    (_name, changes) => {
      const batch = vet(changes)
      expect(hashes(batch)).toEqual([hashOf(carls)])
      expect(batch.orphans).toEqual([])
      const reasons = new Map(batch.refused.map(({ index, reason }) => [changes[index], reason]))
      expect(reasons.get(bad)).toContain('an object')
      expect(reasons.get(onBad)).toBe('it builds on a refused change')
      expect(reasons.get(onThat)).toBe('it builds on a refused change')
    },
  )

  it('W6: bytes that are no change at all are refused by their index', () => {
    const batch = vet([carls, Uint8Array.of(1, 2, 3)])
    expect(batch.refused).toEqual([{ index: 1, reason: 'not an Automerge chunk' }])
    expect(batch.accepted).toHaveLength(1)
  })

  it('hands back as it was what waits for a change that has not come, and takes it when it has', () => {
    const [first, second, third] = chain
    if (first === undefined || second === undefined || third === undefined) throw new Error('three changes')
    const batch = vet([third, second, carls])
    expect(hashes(batch)).toEqual([hashOf(carls)])
    expect(batch.orphans).toEqual([third, second])
    expect(batch.missing).toEqual([hashOf(first)])
    expect(hashes(vet([...batch.orphans, first]))).toEqual(chain.map(hashOf))
  })

  it('leaves out what is known, and what comes twice', () => {
    const batch = vet([naming?.bytes ?? new Uint8Array(), carls, carls])
    expect(batch).toMatchObject({ refused: [], orphans: [] })
    expect(hashes(batch)).toEqual([hashOf(carls)])
  })

  it('W6: of two changes under one actor and seq the first stands', () => {
    const other = written(CARL, (root) => {
      root.n = 8
    })
    const batch = vet([carls, other])
    expect(hashes(batch)).toEqual([hashOf(carls)])
    expect(batch.refused).toMatchObject([
      { index: 1, reason: expect.stringContaining('used on two devices') },
    ])
  })

  it('W6: a batch that would take too long is taken in turns', () => {
    const limits = { ...defaultAutomergeLimits, batchOpsMax: 2 }
    const first = vet([...chain, carls], limits)
    expect(hashes(first)).toEqual(chain.slice(0, 2).map(hashOf))
    expect(first).toMatchObject({ refused: [], orphans: [chain[2], carls], more: true })
    const known = RecordedHistory.of(doc)
    for (const { decoded } of first.accepted) known.add(decoded)
    expect(vetBatch(first.orphans, known, limits)).toMatchObject({ orphans: [], more: false })
  })

  it('what is known already does not count towards the turn', () => {
    const limits = { ...defaultAutomergeLimits, batchOpsMax: 1 }
    const batch = vet([...Automerge.getAllChanges(doc), carls], limits)
    expect(batch).toMatchObject({ orphans: [], more: false })
    expect(hashes(batch)).toEqual([hashOf(carls)])
  })

  it('W6: changes that are refused count towards the turn: decoding them costs as much', () => {
    const heavy = times(5, (index) =>
      bobs(
        times(5_000, () => set({ obj: `99@${CARL}`, value: null })),
        { time: index },
      ),
    )
    const batch = vet(heavy, { ...defaultAutomergeLimits, batchOpsMax: 10_000 })
    expect(batch.refused).toHaveLength(2)
    expect(batch).toMatchObject({ orphans: heavy.slice(2), more: true })
  })

  it('W6: 3,000 changes in the worst order are vetted in one go', () => {
    const long = changesOf(doc, 3_000, BOB)
    const start = process.cpuUsage()
    const batch = vet([...long].reverse())
    const { user, system } = process.cpuUsage(start)
    expect(batch.accepted).toHaveLength(3_000)
    expect((user + system) / 1_000 / long.length).toBeLessThan(1)
  })

  it('a change at an earlier point of history waits for those that its author knew', () => {
    const ahead = Automerge.change(Automerge.clone(doc, { actor: ADA }), (root) => {
      root.n = 2
    })
    const { newDoc } = Automerge.changeAt(ahead, heads, (root) => {
      root.n = 3
    })
    const [first, second] = Automerge.getChanges(doc, newDoc)
    if (first === undefined || second === undefined) throw new Error('two changes were made')
    expect(hashes(vet([second, first]))).toEqual([first, second].map(hashOf))
    expect(vet([second]).orphans).toEqual([second])
  })
})
