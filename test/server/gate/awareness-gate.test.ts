import * as fc from 'fast-check'
import * as encoding from 'lib0/encoding'
import { describe, expect, it } from 'vitest'
import { Awareness, applyAwarenessUpdate, encodeAwarenessUpdate } from 'y-protocols/awareness'
import * as Y from 'yjs'
import type { AwarenessLimits } from '../../../server/gate/awareness-gate.ts'
import {
  defaultAwarenessLimits,
  encodeAwareness,
  readAwareness,
} from '../../../server/gate/awareness-gate.ts'

const read = (payload: Uint8Array, limits: Partial<AwarenessLimits> = {}) =>
  readAwareness(payload, { ...defaultAwarenessLimits, ...limits })

/** A payload with any state text, also such as no client writes. */
const payloadOf = (...entries: readonly (readonly [client: number, clock: number, state: string])[]) =>
  encoding.encode((encoder) => {
    encoding.writeVarUint(encoder, entries.length)
    for (const [client, clock, state] of entries) {
      encoding.writeVarUint(encoder, client)
      encoding.writeVarUint(encoder, clock)
      encoding.writeVarString(encoder, state)
    }
  })

const refusal = (reason: string) => ({ ok: false, reason: expect.stringContaining(reason) })

const entries = fc.uniqueArray(
  fc.record({
    client: fc.maxSafeNat(),
    clock: fc.nat(),
    state: fc.option(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 3 })), { nil: null }),
  }),
  { selector: ({ client }) => client, maxLength: 8 },
)

describe('awareness updates', () => {
  it('W6: what clients announce reads back as it was', () => {
    fc.assert(
      fc.property(entries, (announced) => {
        const plain = JSON.parse(JSON.stringify(announced))
        fc.pre(!JSON.stringify(plain).includes('__proto__'))
        expect(read(encodeAwareness(plain))).toEqual({ ok: true, entries: plain })
      }),
    )
  })

  it('W6: y-protocols and the gate read and write the same bytes', () => {
    const ann = new Awareness(new Y.Doc())
    ann.setLocalState({ user: { name: 'Ann 😀' }, cursor: null })
    const payload = encodeAwarenessUpdate(ann, [ann.clientID])
    const decoded = read(payload)
    expect(decoded).toEqual({
      ok: true,
      entries: [{ client: ann.clientID, clock: 1, state: { user: { name: 'Ann 😀' }, cursor: null } }],
    })
    if (decoded.ok) expect(encodeAwareness(decoded.entries)).toEqual(payload)
    const bob = new Awareness(new Y.Doc())
    applyAwarenessUpdate(bob, encodeAwareness([{ client: 9, clock: 4, state: { name: 'Cyd' } }]), 'test')
    expect(bob.getStates().get(9)).toEqual({ name: 'Cyd' })
    for (const awareness of [ann, bob]) awareness.destroy()
  })

  it('W6: no bytes make the gate throw', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        const decoded = read(bytes)
        expect(decoded.ok ? encodeAwareness(decoded.entries).byteLength : 1).toBeGreaterThan(0)
      }),
      { numRuns: 2_000 },
    )
  })

  it('W6: a clock that would silence its victim is refused', () => {
    expect(read(payloadOf([7, 2 ** 50, '{}']))).toMatchObject(refusal('clock'))
    expect(read(payloadOf([7, 2 ** 31 - 1, '{}']))).toMatchObject({ ok: true })
  })

  it.each(['1', '"text"', '[]', 'true', '', '{', 'undefined'])(
    'W6: a state that is %j is refused',
    (state) => {
      expect(read(payloadOf([7, 1, state]))).toMatchObject({ ok: false })
    },
  )

  it('W6: a state of null says that its client has left', () => {
    expect(read(payloadOf([7, 1, 'null']))).toEqual({
      ok: true,
      entries: [{ client: 7, clock: 1, state: null }],
    })
  })

  it('W6: entries, state bytes, all bytes and depth are bounded', () => {
    const two = payloadOf([7, 1, '{"a":"é"}'], [8, 1, 'null'])
    expect(read(two, { entriesMax: 2, stateBytesMax: 10, payloadBytesMax: two.byteLength })).toMatchObject({
      ok: true,
    })
    expect(read(two, { entriesMax: 1 })).toMatchObject(refusal('more than 1 entries'))
    expect(read(two, { stateBytesMax: 9 })).toMatchObject(refusal('more than 9'))
    expect(read(two, { payloadBytesMax: two.byteLength - 1 })).toMatchObject(refusal('bytes'))
    expect(read(payloadOf([7, 1, `${'{"a":'.repeat(33)}1${'}'.repeat(33)}`]))).toMatchObject(
      refusal('deeper'),
    )
  })

  it('W6: a hundred thousand forged ids are refused by their count', () => {
    const forged = Array.from({ length: 100_000 }, (_, id) => [id, 1, '{}'] as const)
    expect(read(payloadOf(...forged.slice(0, 60_000)))).toMatchObject({ ok: false })
    expect(read(Uint8Array.from([255, 255, 255, 255, 15, 7, 1, 2, 123, 125]))).toMatchObject(
      refusal('announced'),
    )
  })

  it('W6: one client twice, __proto__ in a state, and bytes after the end are refused', () => {
    expect(read(payloadOf([7, 1, '{}'], [7, 2, '{}']))).toMatchObject(refusal('twice'))
    expect(read(payloadOf([7, 1, '{"__proto__":{"admin":true}}']))).toMatchObject(refusal('__proto__'))
    expect(read(Uint8Array.from([...payloadOf([7, 1, '{}']), 0]))).toMatchObject(refusal('too many'))
  })
})
