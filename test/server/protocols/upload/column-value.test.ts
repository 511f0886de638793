import fc from 'fast-check'
import { s } from 'sluice'
import { expect, test } from 'vitest'
import { columnValue } from '../../../../server/protocols/upload/column-value.ts'

const number = s.number().spec

test('a number that comes as text is read without losing a digit, or not at all', () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.bigInt({ min: 0n, max: 999n }), fc.bigInt({ min: -(2n ** 65n), max: 2n ** 65n })),
      fc.option(fc.stringMatching(/^\d{1,17}$/), { nil: null }),
      (whole, fraction) => {
        const text = fraction === null ? `${whole}` : `${whole}.${fraction}`
        const result = columnValue(number, text)
        if (!result.ok || typeof result.value !== 'number') return
        expect(result.value.toFixed(fraction?.length ?? 0)).toBe(text)
      },
    ),
  )
})

test('an integer beyond 2^53 is refused by every field that would round it, at any depth', () => {
  const long = 2n ** 53n + 1n
  for (const field of [s.number(), s.counter(), s.json(), s.list(s.number()), s.map(s.number())]) {
    expect(columnValue(field.spec, field.spec.kind === 'map' ? { a: long } : [long]).ok).toBe(false)
  }
  for (const text of [long, `${long}`]) expect(columnValue(number, text).ok).toBe(false)
  expect(columnValue(s.json().spec, `{"a":[${long}]}`).ok).toBe(false)
  expect(columnValue(s.string().spec, long)).toEqual({ ok: true, value: `${long}` })
  expect(columnValue(s.list(s.string()).spec, `[${long}]`)).toEqual({ ok: true, value: [`${long}`] })
})

test('what is of no kind of the field is handed on as it is, for the planner to refuse', () => {
  for (const field of [s.boolean(), s.date(), s.number(), s.set(s.string())])
    expect(columnValue(field.spec, 'neither')).toEqual({ ok: true, value: 'neither' })
  expect(columnValue(number, '0.30000000000000004')).toEqual({ ok: true, value: 0.1 + 0.2 })
  expect(columnValue(number, '')).toEqual({ ok: true, value: '' })
})
