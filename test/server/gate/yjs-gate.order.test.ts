/**
 * The order rule: clients who make up origins as they please, against Yjs's promise that all replicas end with
 * the same text.
 */
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import * as Y from 'yjs'
import type { UpdateVerdict } from '../../../server/gate/yjs-gate.ts'
import { defaultYjsLimits, vetUpdate } from '../../../server/gate/yjs-gate.ts'
import type { RawId, RawSection } from './raw-update.ts'
import { itemStruct, rawUpdate, string } from './raw-update.ts'

const vet = (doc: Y.Doc, update: Uint8Array): UpdateVerdict =>
  vetUpdate(doc, update, { roots: new Set(['t']), mayWriteAs: () => true, limits: defaultYjsLimits })

/** The ids of a text's characters, in order. */
function ticksOf(doc: Y.Doc): RawId[] {
  const ticks: RawId[] = []
  for (let item = doc.share.get('t')?._start ?? null; item !== null; item = item.right)
    for (let offset = 0; offset < item.length; offset++) ticks.push([item.id.client, item.id.clock + offset])
  return ticks
}

function baseUpdate(): Uint8Array {
  const doc = new Y.Doc()
  doc.clientID = 3
  doc.getText('t').insert(0, 'abcd')
  return Y.encodeStateAsUpdate(doc)
}

const insertion = (origin: RawId | undefined, rightOrigin: RawId | undefined, text: string) =>
  itemStruct({
    ...(origin === undefined ? {} : { origin }),
    ...(rightOrigin === undefined ? {} : { rightOrigin }),
    ...(origin === undefined && rightOrigin === undefined ? { root: 't' } : {}),
    content: string(text),
  })

interface Insertion {
  /** Where its left and its right neighbour stand, of all that the inserter pretends to see. */
  readonly left: number
  readonly distance: number
  readonly length: number
}

/** One update of one or two clients, each with a few insertions that may build on the ones before. */
type Forgery = readonly { readonly client: number; readonly insertions: readonly Insertion[] }[]

const forgeries: fc.Arbitrary<readonly Forgery[]> = fc.array(
  fc.uniqueArray(
    fc.record({
      client: fc.constantFrom(1, 5, 9, 12),
      insertions: fc.array(
        fc.record({
          left: fc.nat(30),
          distance: fc.oneof(fc.constant(1), fc.constant(2), fc.integer({ min: -3, max: 8 })),
          length: fc.integer({ min: 1, max: 3 }),
        }),
        { minLength: 1, maxLength: 3 },
      ),
    }),
    { selector: ({ client }) => client, minLength: 1, maxLength: 2 },
  ),
  { minLength: 2, maxLength: 9 },
)

function forge(doc: Y.Doc, forgery: Forgery): Uint8Array {
  const ticks = ticksOf(doc)
  const sections = forgery.map(({ client, insertions }): RawSection => {
    const clock = Y.getState(doc.store, client)
    let next = clock
    const structs = insertions.map(({ left, distance, length }) => {
      const place = left % (ticks.length + 1)
      const origin = ticks[place - 1]
      const rightOrigin = ticks[place - 1 + distance]
      const start = next
      next += length
      const own = Array.from({ length }, (_, offset): RawId => [client, start + offset])
      ticks.splice(place, 0, ...own)
      return insertion(origin, rightOrigin, 'XYZ'.slice(0, length))
    })
    return { client, clock, structs }
  })
  return rawUpdate({ sections })
}

describe('the order rule', () => {
  it('W6: whatever origins pass, replicas that receive the updates in any causal order agree', () => {
    let passed = 0
    let refused = 0
    fc.assert(
      fc.property(forgeries, fc.infiniteStream(fc.nat()), (forged, picks) => {
        const server = new Y.Doc()
        Y.applyUpdate(server, baseUpdate())
        const accepted: Uint8Array[] = []
        for (const forgery of forged) {
          const update = forge(server, forgery)
          const verdict = vet(server, update)
          if (!verdict.ok) {
            refused++
            continue
          }
          passed++
          Y.applyUpdate(server, update)
          accepted.push(update)
        }
        for (let replica = 0; replica < 4; replica++)
          expect(ticksOf(receive(accepted, picks))).toEqual(ticksOf(server))
      }),
      { numRuns: 1_500 },
    )
    expect(passed).toBeGreaterThan(1_000)
    expect(refused).toBeGreaterThan(1_000)
  })

  it('W6: crossed origins, which divide replicas, are refused', () => {
    const doc = new Y.Doc()
    Y.applyUpdate(doc, baseUpdate())
    const cross = (client: number, origin: RawId, rightOrigin: RawId): Uint8Array =>
      rawUpdate({ sections: [{ client, clock: 0, structs: [insertion(origin, rightOrigin, 'X')] }] })
    expect(vet(doc, cross(5, [3, 2], [3, 1]))).toMatchObject({ ok: false, kind: 'refused' })
    expect(vet(doc, cross(5, [3, 1], [3, 1]))).toMatchObject({ ok: false, kind: 'refused' })
    expect(vet(doc, cross(5, [3, 0], [3, 2]))).toMatchObject({ ok: false, kind: 'refused' })
    expect(vet(doc, cross(5, [3, 0], [3, 1]))).toMatchObject({ ok: true })
  })

  it('W6: an insertion between concurrent insertions passes, though a third stands there by now', () => {
    const base = baseUpdate()
    const write = (client: number, known: readonly Uint8Array[], at: number, text: string): Uint8Array => {
      const doc = new Y.Doc()
      doc.clientID = client
      for (const update of known) Y.applyUpdate(doc, update)
      const before = Y.encodeStateVector(doc)
      doc.getText('t').insert(at, text)
      return Y.encodeStateAsUpdate(doc, before)
    }
    const ann = write(5, [base], 2, 'ANN')
    const bob = write(9, [base], 2, 'BOB')
    const eve = write(7, [base], 2, 'EVE')
    const late = write(12, [base, ann, bob], 5, '-')
    const server = new Y.Doc()
    for (const update of [base, ann, bob, eve, late]) {
      expect(vet(server, update)).toMatchObject({ ok: true })
      Y.applyUpdate(server, update)
    }
    expect(server.getText('t').toString()).toBe('abANN-EVEBOBcd')
  })
})

/** A replica gets each update once what it builds on is there, which the gate tells. */
function receive(updates: readonly Uint8Array[], picks: fc.Stream<number>): Y.Doc {
  const doc = new Y.Doc()
  const waiting = [baseUpdate(), ...updates]
  while (waiting.length > 0) {
    const [update] = waiting.splice((picks.next().value ?? 0) % waiting.length, 1)
    if (update === undefined) break
    const verdict = vet(doc, update)
    if (verdict.ok) Y.applyUpdate(doc, update)
    else if (verdict.kind === 'gap') waiting.push(update)
    else throw new Error(`a replica refuses what the server took: ${verdict.reason}`)
  }
  return doc
}
