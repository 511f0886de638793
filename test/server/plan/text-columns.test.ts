// S10: a text comes out of its columns as it went in, byte for byte; columns that are damaged are refused.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import * as Y from 'yjs'
import { packText, unpackText } from '../../../server/plan/compaction.ts'
import { fromColumns } from '../../../server/plan/from-columns.ts'
import { toColumns } from '../../../server/plan/to-columns.ts'
import { deeds, edited } from '../../support/edited-text.ts'

function readAll(columns: Uint8Array, updateBytes: number): { update: Uint8Array; steps: number } {
  const reading = fromColumns(columns, updateBytes)
  for (let steps = 1; ; steps++) {
    const { done, value } = reading.next()
    if (done === true) return { update: value, steps }
  }
}

describe('S10: the columns of a text', () => {
  test('give back the very bytes of which they were made, whatever was edited', () => {
    fc.assert(
      fc.property(deeds, (history) => {
        const { server } = edited(history)
        const update = Y.encodeStateAsUpdate(server)
        expect(readAll(toColumns(update), update.byteLength).update).toEqual(update)
        const { bytes, ...lengths } = packText(update)
        expect(unpackText(bytes, lengths)).toEqual(update)
      }),
      { numRuns: 100 },
    )
  })

  test('also where what is deleted is still there, which the structs do not show', () => {
    const doc = new Y.Doc({ gc: false })
    doc.getText('body').insert(0, 'kept and deleted')
    doc.getText('body').delete(4, 12)
    const update = Y.encodeStateAsUpdate(doc)
    expect(readAll(toColumns(update), update.byteLength).update).toEqual(update)
  })

  test('of an empty text, too', () => {
    const update = Y.encodeStateAsUpdate(new Y.Doc())
    expect(readAll(toColumns(update), update.byteLength).update).toEqual(update)
  })

  test('are read in steps, between which others have their turn', () => {
    const doc = new Y.Doc()
    // Neither Yjs's joining nor the change from one author to the next hides how many they are.
    for (let author = 1; author <= 50; author++) {
      doc.clientID = author
      doc.transact(() => {
        for (let struct = 0; struct < 100; struct++) doc.getText('body').insert(0, 'x')
      })
    }
    const update = Y.encodeStateAsUpdate(doc)
    const { update: read, steps } = readAll(toColumns(update), update.byteLength)
    expect(read).toEqual(update)
    expect(steps).toBe(3)
  })

  test('pack smaller than either encoding of Yjs', () => {
    const update = typedText(2_000)
    const own = packText(update).bytes.byteLength
    expect(own).toBeLessThan(update.byteLength / 3)
    expect(own).toBeLessThan(Y.convertUpdateFormatV1ToV2(update).byteLength / 2)
  })

  test('that are damaged are refused, or say something of the same length, and never keep anybody waiting', () => {
    const update = typedText(200)
    const columns = toColumns(update)
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(columns.byteLength - 1), fc.nat(255)), { minLength: 1, maxLength: 4 }),
        fc.nat(columns.byteLength),
        (damage, length) => {
          const damaged = columns.slice(0, Math.max(1, length))
          for (const [at, value] of damage) if (at < damaged.byteLength) damaged[at] = value
          try {
            expect(readAll(damaged, update.byteLength).update.byteLength).toBe(update.byteLength)
          } catch (error) {
            expect(error).toBeInstanceOf(RangeError)
          }
        },
      ),
      { numRuns: 500 },
    )
  })

  test('of another length than was told are refused', () => {
    const update = typedText(20)
    for (const off of [-1, 1])
      expect(() => readAll(toColumns(update), update.byteLength + off)).toThrow('cannot be read')
  })

  test('are not made of what the server does not write', () => {
    const skip = Uint8Array.of(1, 1, 7, 0, 10, 3, 0)
    expect(() => toColumns(skip)).toThrow('does not write')
  })
})

/** Words here and there, some of them taken back. */
function typedText(edits: number): Uint8Array {
  const doc = new Y.Doc()
  doc.clientID = 3_000_000_000
  const text = doc.getText('body')
  doc.transact(() => {
    for (let n = 0; n < edits; n++) {
      const at = (n * 7_919) % (text.length + 1)
      if (n % 4 === 3 && at + 2 <= text.length) text.delete(at, 2)
      else text.insert(at, n % 3 === 0 ? 'a word, ' : 'é')
    }
  })
  return Y.encodeStateAsUpdate(doc)
}
