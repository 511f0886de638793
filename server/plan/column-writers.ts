/** The columns of an Automerge change, written as the library writes them; `gate/canonical-columns.ts` reads them. */
import { ByteWriter } from './byte-writer.ts'

type Row = number | string | null

/**
 * Run-length encoded values: a positive count repeats one value, a negative one announces as many single values, zero is
 * followed by a count of rows without one. A column without any value is empty.
 */
export function writeRuns<T extends Row>(
  rows: readonly (T | null)[],
  writeValue: (column: ByteWriter, value: T) => void,
): ByteWriter {
  const column = new ByteWriter()
  if (rows.every((row) => row === null)) return column
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
  return column
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

export const writeUints = (rows: readonly (number | null)[]): ByteWriter =>
  writeRuns(rows, (column, value) => column.uint(value))

export const writeTexts = (rows: readonly (string | null)[]): ByteWriter =>
  writeRuns(rows, (column, value) => column.text(value))

/** Run-length encoded differences, each to the row before. */
export const writeDeltas = (rows: readonly number[]): ByteWriter =>
  writeRuns(
    rows.map((row, index) => row - (rows[index - 1] ?? 0)),
    (column, value) => column.int(value),
  )

/** Flags of which none is set. */
export function writeUnset(rows: number): ByteWriter {
  const column = new ByteWriter()
  column.uint(rows)
  return column
}
