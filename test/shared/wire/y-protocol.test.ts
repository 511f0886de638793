import * as fc from 'fast-check'
import * as decoding from 'lib0/decoding'
import * as encoding from 'lib0/encoding'
import { describe, expect, it } from 'vitest'
import { readAuthMessage } from 'y-protocols/auth'
import * as sync from 'y-protocols/sync'
import * as Y from 'yjs'
import {
  defaultStateVectorLimits,
  readFrame,
  readStateVector,
  writeAwareness,
  writePermissionDenied,
  writeSyncStep1,
  writeSyncStep2,
  writeUpdate,
} from '../../../shared/wire/y-protocol.ts'

const payloads = fc.uint8Array({ maxLength: 300 })

/** A sync frame as y-websocket makes it. */
const syncFrame = (write: (encoder: encoding.Encoder) => void): Uint8Array =>
  encoding.encode((encoder) => {
    encoding.writeVarUint(encoder, 0)
    write(encoder)
  })

describe('frames', () => {
  it('W1: what is written reads back, whatever it carries', () => {
    fc.assert(
      fc.property(payloads, fc.string({ unit: 'grapheme' }), (bytes, reason) => {
        expect(readFrame(writeSyncStep1(bytes))).toEqual({
          ok: true,
          frame: { type: 'sync-step-1', stateVector: bytes },
        })
        expect(readFrame(writeSyncStep2(bytes))).toEqual({
          ok: true,
          frame: { type: 'sync-step-2', update: bytes },
        })
        expect(readFrame(writeUpdate(bytes))).toEqual({ ok: true, frame: { type: 'update', update: bytes } })
        expect(readFrame(writeAwareness(bytes))).toEqual({
          ok: true,
          frame: { type: 'awareness', payload: bytes },
        })
        expect(readFrame(writePermissionDenied(reason))).toEqual({
          ok: true,
          frame: { type: 'permission-denied', reason },
        })
      }),
    )
  })

  it('W1: the frames are those of y-protocols', () => {
    const doc = new Y.Doc()
    doc.getText('notes').insert(0, 'hello')
    const update = Y.encodeStateAsUpdate(doc)
    expect(writeSyncStep1(Y.encodeStateVector(doc))).toEqual(
      syncFrame((encoder) => sync.writeSyncStep1(encoder, doc)),
    )
    expect(writeSyncStep2(update)).toEqual(syncFrame((encoder) => sync.writeSyncStep2(encoder, doc)))
    expect(writeUpdate(update)).toEqual(syncFrame((encoder) => sync.writeUpdate(encoder, update)))
    const decoder = decoding.createDecoder(writePermissionDenied('no access'))
    expect(decoding.readVarUint(decoder)).toBe(2)
    const reasons: string[] = []
    readAuthMessage(decoder, doc, (_doc: unknown, reason: string) => reasons.push(reason))
    expect(reasons).toEqual(['no access'])
    expect(readFrame(Uint8Array.from([3]))).toEqual({ ok: true, frame: { type: 'query-awareness' } })
  })

  it.each<[name: string, bytes: readonly number[], at: number]>([
    ['nothing', [], 0],
    ['an unknown type', [9], 1],
    ['an unknown sync type', [0, 3, 0], 2],
    ['an unknown auth type', [2, 2, 0], 2],
    ['a payload that ends early', [0, 2, 5, 1, 2], 3],
    ['an integer that does not end', [0, 2, 255], 3],
    ['an integer out of range', [255, 255, 255, 255, 255, 255, 255, 127], 8],
    ['bytes after a payload', [0, 2, 1, 1, 0], 4],
    ['bytes after a query', [3, 0], 1],
    ['a reason that is not UTF-8', [2, 0, 1, 255], 4],
  ])('W1: %s is refused with the byte at fault', (_name, bytes, at) => {
    expect(readFrame(Uint8Array.from(bytes))).toEqual({ ok: false, reason: expect.stringMatching(/./), at })
  })

  it('W1: no bytes make the codec throw', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        const read = readFrame(bytes)
        if (!read.ok) expect(read.at).toBeLessThanOrEqual(bytes.byteLength)
      }),
      { numRuns: 2_000 },
    )
  })
})

describe('state vectors', () => {
  it('W1: a state vector reads as Yjs reads it', () => {
    const clocks = fc.uniqueArray(fc.tuple(fc.maxSafeNat(), fc.nat()), { selector: ([client]) => client })
    fc.assert(
      fc.property(clocks, (entries) => {
        const bytes = Y.encodeStateVector(new Map(entries))
        const read = readStateVector(bytes, defaultStateVectorLimits)
        expect(read).toEqual({ ok: true, value: new Map(entries) })
        expect(read).toEqual({ ok: true, value: Y.decodeStateVector(bytes) })
      }),
    )
  })

  it('W6: entries are bounded, and a count is believed only if the bytes can hold it', () => {
    const two = Y.encodeStateVector(
      new Map([
        [5, 1],
        [6, 1],
      ]),
    )
    expect(readStateVector(two, { entriesMax: 2 })).toMatchObject({ ok: true })
    expect(readStateVector(two, { entriesMax: 1 })).toMatchObject({
      ok: false,
      reason: 'more than 1 clients',
    })
    const bomb = Uint8Array.from([255, 255, 255, 255, 15, 5, 1])
    expect(readStateVector(bomb, defaultStateVectorLimits)).toMatchObject({ ok: false, at: 5 })
  })

  it('W6: a client that stands twice, bytes after the end, and no bytes are refused', () => {
    for (const bytes of [[2, 5, 1, 5, 2], [1, 5, 1, 0], []])
      expect(readStateVector(Uint8Array.from(bytes), defaultStateVectorLimits)).toMatchObject({ ok: false })
  })
})
