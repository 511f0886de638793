/** The columns of an Automerge change, written as the library writes them; `gate/canonical-columns.ts` reads them. */
import type { ByteWriter } from './byte-writer.ts'

type Row = number | string | null

/**
 * Run-length encoded values: a positive count repeats one value, a negative one announces as many single values, zero is
 * followed by a count of rows without one. A column without any value is empty.
 */
export function writeRuns<T extends Row>(
  column: ByteWriter,
  rows: readonly (T | null)[],
  writeValue: (column: ByteWriter, value: T) => void,
): void {
  if (rows.every((row) => row === null)) return
  for (let at = 0; at < rows.length; ) {
    const value = rows[at] ?? null
    const end = runEnd(rows, at)
    if (value === null) {
      column.int(0)
      column.uint(end - at)
      at = end
    } else if (end - at > 1) {
      column.int(end - at)
      writeValue(column, value)
      at = end
    } else {
      const literalEnd = singlesEnd(rows, at)
      column.int(at - literalEnd)
      for (; at < literalEnd; at++) writeValue(column, rows[at] as T)
    }
  }
}

/** Behind the rows that say the same as this one. */
function runEnd(rows: readonly Row[], at: number): number {
  let end = at + 1
  while (end < rows.length && rows[end] === rows[at]) end++
  return end
}

/** Behind the values from this one on of which none is the same as its neighbour. */
function singlesEnd(rows: readonly Row[], at: number): number {
  let end = at + 1
  while (end < rows.length && rows[end] !== null && rows[end] !== rows[end + 1]) end++
  // The next two are a run of their own.
  return end
}

const writeUint = (column: ByteWriter, value: number): void => column.uint(value)
const writeInt = (column: ByteWriter, value: number): void => column.int(value)
const writeText = (column: ByteWriter, value: string): void => column.text(value)

export const writeUints = (column: ByteWriter, rows: readonly (number | null)[]): void =>
  writeRuns(column, rows, writeUint)

export const writeTexts = (column: ByteWriter, rows: readonly (string | null)[]): void =>
  writeRuns(column, rows, writeText)

/** Run-length encoded differences, each to the row before. */
export const writeDeltas = (column: ByteWriter, rows: readonly number[]): void =>
  writeRuns(
    column,
    rows.map((row, index) => row - (rows[index - 1] ?? 0)),
    writeInt,
  )

/** Flags of which none is set. */
export function writeUnset(column: ByteWriter, rows: number): void {
  if (rows > 0) column.uint(rows)
}
