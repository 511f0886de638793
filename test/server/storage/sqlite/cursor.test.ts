import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodeCursor, encodeCursor } from '../../../../server/storage/sqlite/cursor.ts'

const part = fc.oneof(fc.string({ unit: 'binary' }), fc.nat())

test('a cursor gives back what it was made of, and fits a URL', () => {
  fc.assert(
    fc.property(fc.array(part, { maxLength: 4 }), (parts) => {
      const cursor = encodeCursor(parts)
      const types = parts.map((value) => (typeof value === 'string' ? 'string' : 'number'))
      expect(cursor).toMatch(/^[\w-]*$/)
      expect(decodeCursor(cursor, types)).toEqual(parts)
    }),
  )
})

test('any other string is a bad request, whatever it is', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (garbage) => {
      expect(() => decodeCursor(garbage, ['string', 'number'])).toThrow(
        expect.objectContaining({ code: 'bad_request' }),
      )
    }),
  )
})
