import { Decoder, Encoder } from 'cbor-x'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { CborValue } from '../../../shared/wire/cbor.ts'
import { decodeCbor, encodeCbor } from '../../../shared/wire/cbor.ts'
import { MalformedBytes } from '../../../shared/wire/malformed-bytes.ts'

const LIMITS = { depthMax: 10, valuesMax: 1_000 }
const library = {
  encoder: new Encoder({ useRecords: false, tagUint8Array: false, mapsAsObjects: true }),
  decoder: new Decoder({ useRecords: false, tagUint8Array: false, mapsAsObjects: true }),
}

const key = fc.string({ unit: 'grapheme' }).filter((name) => name !== '__proto__')
const value = fc.letrec<{ value: CborValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constant(null),
    fc.boolean(),
    fc.maxSafeInteger(),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.string({ unit: 'grapheme' }),
    fc.uint8Array(),
    fc.array(tie('value'), { maxLength: 5 }),
    fc.dictionary(key, tie('value'), { maxKeys: 5, noNullPrototype: true }),
  ),
})).value

describe('CBOR of JSON values and byte strings', () => {
  test('comes back as it was, and a library of the ecosystem reads the same', () => {
    fc.assert(
      fc.property(value, (one) => {
        const bytes = encodeCbor(one)
        expect(decodeCbor(bytes, LIMITS)).toEqual(one)
        expect(plain(library.decoder.decode(bytes))).toEqual(plain(one))
      }),
    )
  })

  test('whole numbers take the shortest form; the others are doubles', () => {
    const lengths = [0, 23, 24, 255, 256, 65_535, 65_536, 2 ** 32 - 1, 2 ** 32, -1, -25, 0.5, -0].map(
      (one) => [one, encodeCbor(one).byteLength],
    )
    expect(lengths.map(([, length]) => length)).toEqual([1, 1, 2, 2, 3, 3, 5, 5, 9, 1, 2, 9, 9])
    for (const [one = 0] of lengths) expect(decodeCbor(encodeCbor(one), LIMITS)).toBe(one)
  })

  test('a member without a value is left out; a number that is none is refused', () => {
    expect(decodeCbor(encodeCbor({ a: undefined, b: 1 }), LIMITS)).toEqual({ b: 1 })
    for (const none of [Number.NaN, Number.POSITIVE_INFINITY])
      expect(() => encodeCbor(none)).toThrow(RangeError)
  })

  test.each([
    ['nothing', []],
    ['two values', [0x00, 0x00]],
    ['an end too early', [0x62, 0x61]],
    ['an indefinite array', [0x9f, 0x00, 0xff]],
    ['a tag', [0xc1, 0x00]],
    ['undefined', [0xf7]],
    ['half a double', [0xf9, 0x3c, 0x00]],
    ['not a number', [0xfb, 0x7f, 0xf8, 0, 0, 0, 0, 0, 0]],
    ['a key that is a number', [0xa1, 0x00, 0x00]],
    ['a key that stands twice', [0xa2, 0x61, 0x61, 0x00, 0x61, 0x61, 0x00]],
    ['a prototype', [0xa1, 0x69, ...Buffer.from('__proto__'), 0x00]],
    ['text that is not UTF-8', [0x61, 0xff]],
    ['an array of two billion', [0x9a, 0x80, 0x00, 0x00, 0x00]],
    ['an integer beyond what is exact', [0x1b, 0x00, 0x20, 0, 0, 0, 0, 0, 0]],
    ['nesting beyond the limit', [...Array.from({ length: 11 }, () => 0x81), 0x00]],
    ['more values than the limit', [...encodeCbor(Array.from({ length: 1_000 }, () => null))]],
  ])('%s is refused', (_, bytes) => {
    expect(() => decodeCbor(new Uint8Array(bytes), LIMITS)).toThrow(MalformedBytes)
  })

  test('any bytes at all are a value or refused, and never anything else', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          decodeCbor(bytes, LIMITS)
        } catch (error) {
          expect(error).toBeInstanceOf(MalformedBytes)
        }
      }),
    )
  })
})

/** The library gives byte strings as Buffers, and -0 as 0 now and then. */
function plain(one: unknown): unknown {
  if (one instanceof Uint8Array) return ['bytes', ...one]
  if (Array.isArray(one)) return one.map(plain)
  if (typeof one === 'object' && one !== null)
    return Object.fromEntries(Object.entries(one).map(([name, member]) => [name, plain(member)]))
  return typeof one === 'bigint' ? Number(one) : one
}
