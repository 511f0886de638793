import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MalformedBytes } from '../../../shared/wire/malformed-bytes.ts'
import { parseStrictJson } from '../../../shared/wire/strict-json.ts'

const DEPTH_MAX = 8

/** Levels of arrays and objects. */
const depthOf = (value: unknown): number =>
  typeof value === 'object' && value !== null ? 1 + Math.max(0, ...Object.values(value).map(depthOf)) : 0

const hasProto = (value: unknown): boolean =>
  typeof value === 'object' &&
  value !== null &&
  (Object.hasOwn(value, '__proto__') || Object.values(value).some(hasProto))

describe('strict JSON', () => {
  it('W6: takes what JSON.parse takes, but for depth and __proto__', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 12, noUnicodeString: false }), (text) => {
        const value: unknown = JSON.parse(text)
        if (depthOf(value) > DEPTH_MAX || hasProto(value))
          expect(() => parseStrictJson(text, DEPTH_MAX)).toThrow(MalformedBytes)
        else expect(parseStrictJson(text, DEPTH_MAX)).toEqual(value)
      }),
      { numRuns: 500 },
    )
  })

  it('W6: brackets in strings are no depth', () => {
    const text = JSON.stringify({ a: '[[[["{{{\\' })
    expect(parseStrictJson(text, 1)).toEqual({ a: '[[[["{{{\\' })
    expect(() => parseStrictJson('[[1]]', 1)).toThrow(MalformedBytes)
  })

  it('W6: refuses numbers that would be written back as null', () => {
    for (const text of ['1e400', '[-1e400]', '{"a":1e400}'])
      expect(() => parseStrictJson(text, DEPTH_MAX)).toThrow(MalformedBytes)
  })
})
