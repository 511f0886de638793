import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ExactJsonResult } from '../../../shared/wire/exact-json.ts'
import { depthOf, exactToJson, firstBigInt, hasKey, parseExactJson } from '../../../shared/wire/exact-json.ts'

const limits = { depthMax: 32, valuesMax: 10_000 }
const parse = (text: string): ExactJsonResult => parseExactJson(text, limits)

const parsesAsJson = (text: string): boolean => {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

describe('exact JSON', () => {
  test('reads every text of safe numbers as JSON.parse does, spaces and escapes included', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), fc.constantFrom('', ' ', '\n\t'), (value, space) => {
        const text = JSON.stringify(value, null, space)
        const result = parse(text)
        // Doubles of whole value beyond 2^53 are integers to a reader, and stay exact.
        if (result.ok && firstBigInt(result.value) !== null) return
        expect(result).toEqual({ ok: true, value: JSON.parse(text) })
      }),
    )
  })

  test('keeps integers of any length', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }), (integer) => {
        const result = parse(`{"a":[${integer}]}`)
        expect(result.ok && exactToJson(result.value)).toEqual({
          a: [Number.isSafeInteger(Number(integer)) ? Number(integer) : integer.toString()],
        })
      }),
    )
  })

  test('refuses what JSON.parse refuses, and nothing else', () => {
    const fragment = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"a"',
      '"',
      '\\',
      '1',
      '-',
      '01',
      '.5',
      'e3',
      'true',
      'nul',
      ' ',
      '"\\u00e9"',
      '\n',
    )
    fc.assert(
      fc.property(fc.array(fragment, { maxLength: 8 }), (fragments) => {
        const text = fragments.join('')
        expect([text, parse(text).ok]).toEqual([text, parsesAsJson(text)])
      }),
      { numRuns: 2_000 },
    )
  })

  test('W6: refuses nesting and numbers of values that would do harm', () => {
    const refused: readonly [string, boolean][] = [
      ['['.repeat(33) + ']'.repeat(33), false],
      ['['.repeat(1_000_000), false],
      [`[${'0,'.repeat(10_000)}0]`, true],
    ]
    for (const [text, isTooLarge] of refused) expect(parse(text)).toMatchObject({ ok: false, isTooLarge })
    expect(parse('['.repeat(32) + ']'.repeat(32)).ok).toBe(true)
  })

  test('W6: a key __proto__ becomes no prototype, and is found', () => {
    const result = parse('{"a":[{"\\u005f_proto__":{"admin":true}}]}')
    const value = result.ok ? result.value : null
    expect(hasKey(value, '__proto__')).toBe(true)
    expect(Reflect.get(Object(Reflect.get(Object(value), 'a'))[0], 'admin')).toBeUndefined()
    expect([depthOf(value), depthOf(1)]).toEqual([4, 0])
  })
})
