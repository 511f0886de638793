// The server's own encoder of changes against the library's: the same bytes, and the same change when they are read.
import * as Automerge from '@automerge/automerge'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ChangeParts } from '../../../server/plan/encode-change.ts'
import { encodeChange } from '../../../server/plan/encode-change.ts'

type Op = Automerge.DecodedChange['ops'][number]

const ACTORS = ['aa', '0b', 'c3'].map((byte) => byte.repeat(16))
const actor = fc.constantFrom(...ACTORS)
const key = fc.oneof(fc.constantFrom('a', 'b'), fc.string({ minLength: 1, maxLength: 12, unit: 'grapheme' }))
const hash = fc
  .uint8Array({ minLength: 32, maxLength: 32 })
  .map((bytes) => Buffer.from(bytes).toString('hex'))
const integer = fc.oneof(
  fc.constantFrom(0, 1, -1, 63, 64, -64, -65, 127, 128, 8191, 8192, -8192, -8193),
  fc.maxSafeInteger(),
)
const opId = fc.tuple(fc.integer({ min: 1, max: 300 }), actor).map(([counter, by]) => `${counter}@${by}`)
const preds = fc
  .uniqueArray(fc.tuple(fc.integer({ min: 1, max: 300 }), actor), {
    maxLength: 3,
    selector: ([counter, by]) => `${counter}@${by}`,
  })
  .map((ids) =>
    ids
      .sort(([a, by], [b, other]) => a - b || (by < other ? -1 : 1))
      .map(([counter, by]) => `${counter}@${by}`),
  )

const value: fc.Arbitrary<object> = fc.oneof(
  integer.map((number) => ({ value: number, datatype: 'int' })),
  // The library reads some other fractions from its JSON as their neighbours.
  fc.integer({ min: -10_000, max: 10_000 }).map((n) => ({ value: n / 16, datatype: 'float64' })),
  integer.map((number) => ({ value: number, datatype: 'counter' })),
  integer.map((number) => ({ value: number, datatype: 'timestamp' })),
  fc.string({ maxLength: 300, unit: 'grapheme' }).map((text) => ({ value: text })),
  fc.constantFrom({ value: null }, { value: true }, { value: false }),
)

const op: fc.Arbitrary<Op> = fc
  .tuple(
    fc.oneof(
      { weight: 6, arbitrary: value.map((scalar) => ({ action: 'set', ...scalar })) },
      { weight: 1, arbitrary: integer.map((number) => ({ action: 'inc', value: number })) },
      {
        weight: 2,
        arbitrary: fc.constantFrom({ action: 'del' }, { action: 'makeMap' }, { action: 'makeList' }),
      },
    ),
    fc.oneof({ weight: 2, arbitrary: fc.constant('_root') }, { weight: 1, arbitrary: opId }),
    key,
    preds,
  )
  .map(([what, obj, at, pred]) => ({ ...what, obj, key: at, pred }) as Op)

const change: fc.Arbitrary<ChangeParts> = fc.record({
  actor,
  seq: fc.integer({ min: 1, max: 100_000 }),
  startOp: fc.integer({ min: 1, max: 100_000 }),
  time: fc.integer({ min: 0, max: 2 ** 40 }),
  message: fc.option(fc.string({ minLength: 1, maxLength: 200, unit: 'grapheme' })),
  deps: fc.uniqueArray(hash, { maxLength: 3 }).map((hashes) => hashes.sort()),
  ops: fc.array(op, { maxLength: 40 }),
})

const byLibrary = (parts: ChangeParts): Uint8Array =>
  Automerge.encodeChange({ ...parts, author: null } as never)

describe('a change that the server encodes', () => {
  it('has the bytes that the library gives it', () => {
    fc.assert(
      fc.property(change, (parts) => {
        const { bytes, decoded } = encodeChange(parts)
        expect(Buffer.from(bytes).toString('hex')).toBe(Buffer.from(byLibrary(parts)).toString('hex'))
        expect({ ...decoded, author: undefined }).toEqual(Automerge.decodeChange(bytes))
      }),
      { numRuns: 200 },
    )
  })

  it('holds every fraction as it was given', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (number) => {
        const [by = ''] = ACTORS
        const ops = [
          { action: 'set', obj: '_root', key: 'a', value: number, datatype: 'float64', pred: [] } as Op,
        ]
        const { bytes } = encodeChange({
          actor: by,
          seq: 1,
          startOp: 1,
          time: 0,
          message: null,
          deps: [],
          ops,
        })
        expect(Automerge.decodeChange(bytes).ops).toEqual(ops)
      }),
    )
  })

  it('may be as large as a set of many thousands', () => {
    const ops = Array.from({ length: 9_000 }, (_, index): Op => {
      const pred = index % 3 === 0 ? [`${index + 1}@${ACTORS[1]}`] : []
      return { action: 'set', obj: `2@${ACTORS[0]}`, key: `item ${index}`, value: true, pred } as Op
    })
    const [first = ''] = ACTORS
    const parts = { actor: first, seq: 3, startOp: 9_100, time: 1_700_000_000, message: null, deps: [], ops }
    expect(Buffer.compare(encodeChange(parts).bytes, byLibrary(parts))).toBe(0)
  })

  it('is refused where it holds what is not recorded', () => {
    const parts = { actor: ACTORS[0] ?? '', seq: 1, startOp: 1, time: 0, message: null, deps: [] }
    const list = { action: 'set', obj: `2@${ACTORS[0]}`, elemId: '_head', insert: true, value: 1, pred: [] }
    expect(() => encodeChange({ ...parts, ops: [list as unknown as Op] })).toThrow(RangeError)
  })

  it('has nothing of the one before it, be that very large or refused half way', () => {
    const parts = { actor: ACTORS[0] ?? '', seq: 1, startOp: 1, time: 0, message: null, deps: [] }
    const setting = (value: string): Op =>
      ({ action: 'set', obj: '_root', key: 'a', value, pred: [`1@${ACTORS[1]}`] }) as Op
    const listed = { action: 'set', obj: `2@${ACTORS[1]}`, elemId: '_head', insert: true, value: 1, pred: [] }
    const compare = (ops: Op[]): void =>
      expect(Buffer.compare(encodeChange({ ...parts, ops }).bytes, byLibrary({ ...parts, ops }))).toBe(0)
    compare([setting('x'.repeat(100_000))])
    compare([setting('y')])
    expect(() => encodeChange({ ...parts, ops: [setting('z'), listed as unknown as Op] })).toThrow(RangeError)
    compare([{ action: 'del', obj: '_root', key: 'b', pred: [`3@${ACTORS[0]}`] } as unknown as Op])
  })
})
