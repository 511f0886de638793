/**
 * The columns of an Automerge change, read without the library and only in the form that its own encoder
 * writes, so that no two byte strings mean the same operations. A few bytes can stand for millions of rows:
 * every column is read against a limit on its rows, which is checked before they are made.
 */
import type { ByteReader } from './byte-reader.ts'
import { MalformedBytes } from './byte-reader.ts'

const NOT_CANONICAL = 'a column that the library would write otherwise'

/**
 * Run-length encoded values, null where a row has none. A positive count repeats one value, a negative one
 * announces as many single values, zero is followed by a count of nulls.
 * @throws MalformedBytes if it holds more rows than `rowsMax`, with `tooMany` for a reason.
 */
export function readRuns<T extends number | string>(
  column: ByteReader,
  readValue: (column: ByteReader) => T,
  rowsMax: number,
  tooMany: string,
): (T | null)[] {
  const rows: (T | null)[] = []
  let last: T | null | undefined
  let wasLiteral = false
  let hasValue = false
  while (!column.isAtEnd) {
    const count = column.int()
    const length = count === 0 ? column.uint() : Math.abs(count)
    if (rows.length + length > rowsMax) throw new MalformedBytes(tooMany)
    const isLiteral = count < 0
    if (count === 1 || length === 0 || (isLiteral && wasLiteral)) throw new MalformedBytes(NOT_CANONICAL)
    const values = isLiteral ? length : 1
    for (let i = 0; i < values; i++) {
      const value = count === 0 ? null : readValue(column)
      if (value === last) throw new MalformedBytes(NOT_CANONICAL)
      last = value
      hasValue ||= value !== null
      if (isLiteral) rows.push(value)
      else for (let repeat = 0; repeat < length; repeat++) rows.push(value)
    }
    wasLiteral = isLiteral
  }
  if (!hasValue) throw new MalformedBytes(NOT_CANONICAL)
  return rows
}

/** Run-length encoded differences, each to the last row that had a value. */
export function readDeltas(column: ByteReader, rowsMax: number, tooMany: string): (number | null)[] {
  let value = 0
  return readRuns(column, (reader) => reader.int(), rowsMax, tooMany).map((delta) => {
    if (delta === null) return null
    value += delta
    if (!Number.isSafeInteger(value)) throw new MalformedBytes(NOT_CANONICAL)
    return value
  })
}

/** Counts of alternately false and true rows, false first. */
export function readFlags(column: ByteReader, rowsMax: number, tooMany: string): boolean[] {
  const rows: boolean[] = []
  for (let value = false, isFirst = true; !column.isAtEnd; value = !value, isFirst = false) {
    const count = column.uint()
    if (rows.length + count > rowsMax) throw new MalformedBytes(tooMany)
    if (count === 0 && (!isFirst || column.isAtEnd)) throw new MalformedBytes(NOT_CANONICAL)
    for (let repeat = 0; repeat < count; repeat++) rows.push(value)
  }
  return rows
}
