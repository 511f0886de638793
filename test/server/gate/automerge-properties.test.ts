// What the gate must never do: refuse an honest change, or let one pass that harms a document.
import * as Automerge from '@automerge/automerge'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readChangeChunk } from '../../../server/gate/automerge-chunk.ts'
import type { Verdict } from '../../../server/gate/automerge-gate.ts'
import { defaultAutomergeLimits, vetBatch, vetChange } from '../../../server/gate/automerge-gate.ts'
import { honestHistory } from './automerge-histories.ts'
import { byteMutant, operationMutant } from './automerge-mutants.ts'
import { RecordedHistory } from './recorded-history.ts'

type Doc = Automerge.Doc<Record<string, unknown>>
type Root = Record<string, unknown>

const [ADA, BOB, CARL] = ['aa'.repeat(16), 'bb'.repeat(16), 'cc'.repeat(16)] as const

describe('honest histories', () => {
  it('W6: pass in whatever order their changes arrive', () => {
    const arrivals = honestHistory.chain((changes) =>
      fc.record({
        changes: fc.constant(changes),
        order: fc.shuffledSubarray([...changes.keys()], { minLength: changes.length }),
      }),
    )
    fc.assert(
      fc.property(arrivals, ({ changes, order }) => {
        const arrived = order.flatMap((index) => changes[index] ?? [])
        const { accepted, refused, orphans } = vetBatch(
          arrived,
          new RecordedHistory(),
          defaultAutomergeLimits,
        )
        expect(refused).toEqual([])
        expect(orphans).toEqual([])
        expect(accepted).toHaveLength(changes.length)
        let doc: Doc = Automerge.init()
        for (const { bytes } of accepted) [doc] = Automerge.applyChanges(doc, [bytes])
        expect(Automerge.getAllChanges(doc)).toHaveLength(changes.length)
      }),
      { numRuns: 100 },
    )
  })

  it('W6: pass in pieces, and what came too early passes with the next piece', () => {
    fc.assert(
      fc.property(honestHistory, fc.integer({ min: 1, max: 7 }), (changes, size) => {
        const history = new RecordedHistory()
        let waiting: readonly Uint8Array[] = []
        const arrived = [...changes].reverse()
        for (let start = 0; start < arrived.length; start += size) {
          const piece = [...waiting, ...arrived.slice(start, start + size)]
          const { accepted, refused, orphans } = vetBatch(piece, history, defaultAutomergeLimits)
          expect(refused).toEqual([])
          for (const { decoded } of accepted) history.add(decoded)
          waiting = orphans
        }
        expect(waiting).toEqual([])
      }),
      { numRuns: 50 },
    )
  })
})

describe('altered changes', () => {
  const doc = crowdedDocument()
  const saved = Automerge.save(doc)
  const history = RecordedHistory.of(doc)
  const seeds = [
    edit((root) => {
      root.n = 5
      ;(root.tags as string[]).splice(0, 1)
      delete (root.nested as Root).x
    }),
    edit((root) => {
      root.list = [1, { k: 2 }, 's']
      ;(root.count as Automerge.Counter).increment(3)
      ;(root.tags as string[])[1] = 'q'
    }),
    edit((root) => {
      Automerge.splice(root, ['title'], 1, 2, 'hé')
      Automerge.splitBlock(root, ['title'], 2, { type: 'p', parents: [], attrs: {} })
    }),
    edit((root) => {
      root.float = 1.5
      root.when = new Date(5)
      root.more = new Automerge.Counter(2)
      ;(root.more as Automerge.Counter).increment(1)
      root._deleted = true
    }),
    edit((root) => {
      root.n = 9
      ;(root.map as Root).q = 2
      ;(root.map as Root).r = {}
      ;(((root.nested as Root).x as Root).y as number[]).push(4)
    }),
  ]

  function edit(write: (root: Root) => void): Uint8Array {
    const change = Automerge.getLastLocalChange(
      Automerge.change(Automerge.clone(doc, { actor: BOB }), { time: 1_700_000_000, message: 'm' }, write),
    )
    if (change === undefined) throw new Error('no change')
    return change
  }

  /** The O(document) proof that the gate spares the server: apply, save, load, compare, go on. */
  function expectHarmless(verdict: Verdict): void {
    if (!verdict.ok) return
    const { bytes, decoded, hash } = verdict.change
    expect(reencoded(decoded) ?? bytes).toEqual(bytes)
    const [applied] = Automerge.applyChanges(Automerge.load<Root>(saved), [bytes])
    expect(Automerge.getHeads(applied)).toContain(hash)
    const loaded = Automerge.load<Root>(Automerge.save(applied))
    expect(Automerge.toJS(loaded)).toEqual(Automerge.toJS(applied))
    const later = Automerge.change(loaded, (root) => {
      root.honest = 1
    })
    Automerge.load(Automerge.save(later))
    for (const spent of [applied, later]) Automerge.free(spent)
  }

  const vet = (change: Uint8Array): Verdict => vetChange(change, history, defaultAutomergeLimits)

  it('the changes that are altered here pass as they are', () => {
    expect(seeds.map((seed) => vet(seed).ok)).toEqual(seeds.map(() => true))
  })

  it('W6: with altered bytes under a right checksum they are refused or harmless', () => {
    let passed = 0
    fc.assert(
      fc.property(byteMutant(seeds), (mutant) => {
        const verdict = vet(mutant)
        if (verdict.ok) passed++
        expectHarmless(verdict)
      }),
      { numRuns: 2_000 },
    )
    expect(passed).toBeGreaterThan(20)
  })

  it('W6: with altered operations, encoded by the library, they are refused or harmless', () => {
    const around = {
      actors: [ADA, BOB, CARL],
      opsMax: history.lastOp() + 10,
      keys: ['n', 'tags', 'nested', 'title', 'count', 'map', 'x', '_conflicts', 'new'],
      hashes: Automerge.getAllChanges(doc).map((change) => Automerge.decodeChange(change).hash),
    }
    let passed = 0
    fc.assert(
      fc.property(operationMutant(seeds, around), (mutant) => {
        if (mutant === null) return
        const verdict = vet(mutant)
        if (verdict.ok) passed++
        expectHarmless(verdict)
      }),
      { numRuns: 1_000 },
    )
    expect(passed).toBeGreaterThan(20)
  })
})

/** As the library writes it, uncompressed; null for bytes and infinities, which it cannot encode again. */
function reencoded(change: Automerge.DecodedChange): Uint8Array | null {
  try {
    const read = readChangeChunk(Automerge.encodeChange(change), defaultAutomergeLimits)
    return read.ok ? read.chunk.bytes : null
  } catch {
    return null
  }
}

/** A document with concurrent writes, deletions, counters and texts in it. */
function crowdedDocument(): Doc {
  let ada: Doc = Automerge.change(Automerge.init(ADA), { time: 0 }, (root: Root) => {
    root.title = 'hello'
    root.n = 1
    root.tags = ['a', 'b']
    root.nested = { x: { y: [1, 2, 3] } }
    root.count = new Automerge.Counter(3)
    root.bytes = Uint8Array.of(1, 2, 3)
  })
  let carl: Doc = Automerge.change(Automerge.clone(ada, { actor: CARL }), { time: 0 }, (root) => {
    root.n = 7
    ;(root.tags as string[])[0] = 'z'
    ;(root.count as Automerge.Counter).increment(1)
    root.map = { q: 1 }
  })
  ada = Automerge.change(ada, { time: 0 }, (root) => {
    root.n = 8
    ;(root.tags as string[])[0] = 'y'
    delete root.bytes
  })
  carl = Automerge.change(carl, { time: 0 }, (root) => Automerge.splice(root, ['title'], 0, 2, 'WW'))
  return Automerge.merge(ada, carl)
}
