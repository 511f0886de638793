/**
 * The operations in the body of an Automerge change, looked through without the library: how many there are
 * and whether they stand there as the library itself would write them. What they mean is for the gate to
 * judge, on what the library decodes; this is the proof that decoding them is cheap and loses nothing.
 */
import type { AutomergeLimits } from './automerge-limits.ts'
import type { ByteReader } from './byte-reader.ts'
import { ByteReader as Reader, MalformedBytes } from './byte-reader.ts'
import { readDeltas, readFlags, readRuns } from './canonical-columns.ts'

/** Column specifications: `id << 4 | type`. */
const COLUMN = {
  objActor: 0x01,
  objCounter: 0x02,
  keyActor: 0x11,
  keyCounter: 0x13,
  keyString: 0x15,
  insert: 0x34,
  action: 0x42,
  valueMeta: 0x56,
  value: 0x57,
  predCount: 0x70,
  predActor: 0x71,
  predCounter: 0x73,
} as const
const MARK_COLUMNS: ReadonlySet<number> = new Set([0x94, 0xa5])
const KNOWN_COLUMNS: ReadonlySet<number> = new Set(Object.values(COLUMN))
const DEFLATED = 0x08

const ACTION = { set: 1, inc: 5, makeTable: 6, mark: 7 } as const
const VALUE = { null: 0, false: 1, true: 2, uint: 3, int: 4, float: 5, string: 6, bytes: 7, counter: 8, time: 9 }
const FLOAT_BYTES = 8

const SHORT_COLUMN = 'columns of different lengths'

type Columns = ReadonlyMap<number, Uint8Array>

/**
 * Reads the columns and what is in them.
 * @param actors hex, the change's own first; the others must all be used.
 * @returns the number of operations.
 * @throws MalformedBytes with the reason of the refusal.
 */
export function readOps(reader: ByteReader, actors: readonly string[], limits: AutomergeLimits): number {
  const columns = splitColumns(reader)
  const action = columns.get(COLUMN.action)
  const actions =
    action === undefined
      ? []
      : readRuns(new Reader(action), uint, limits.opsMax, `more than ${limits.opsMax} operations`)
  refuseUnknown(columns, actions)
  if (actions.length === 0 && columns.size > 0) throw new MalformedBytes('columns without operations')

  const unused = new Set(actors.keys())
  unused.delete(0)
  const preds = readPreds(columns, actions.length, actors, limits)
  const rows = readRows(columns, actions.length, limits)
  const values = new Reader(columns.get(COLUMN.value) ?? new Uint8Array())
  for (const [index, code] of actions.entries()) {
    checkPlace(rows, index)
    checkValue(values, rows.valueMeta[index] ?? null, code, limits)
    unused.delete(rows.objActor[index] ?? 0)
    unused.delete(rows.keyActor[index] ?? 0)
  }
  for (const actor of preds) unused.delete(actor)
  if (!values.isAtEnd) throw new MalformedBytes('values that belong to no operation')
  if (unused.size > 0) throw new MalformedBytes('an actor that no operation names')
  const named = [...rows.objActor, ...rows.keyActor, ...preds]
  if (named.some((actor) => actor !== null && actor >= actors.length))
    throw new MalformedBytes('an actor that is not listed')
  return actions.length
}

function splitColumns(reader: ByteReader): Columns {
  const count = reader.uint()
  const headers: [spec: number, length: number][] = []
  for (let index = 0; index < count; index++) {
    const spec = reader.uint()
    if (spec <= (headers.at(-1)?.[0] ?? -1)) throw new MalformedBytes('columns out of order')
    if ((spec & DEFLATED) !== 0) throw new MalformedBytes('a deflated column')
    headers.push([spec, reader.uint()])
  }
  return new Map(headers.map(([spec, length]) => [spec, reader.take(length)]))
}

/**
 * Marks are refused because nobody can vet them cheaply: one whose end stands before its start, or which is
 * never closed, makes the record unloadable, and where they stand follows from the whole text. Rich text
 * belongs into a text field.
 */
function refuseUnknown(columns: Columns, actions: readonly (number | null)[]): void {
  if (actions.includes(ACTION.mark)) throw new MalformedBytes('formatting marks are not accepted in fields')
  for (const [spec, data] of columns) {
    if (data.length === 0) throw new MalformedBytes('an empty column')
    if (MARK_COLUMNS.has(spec) || !KNOWN_COLUMNS.has(spec)) throw new MalformedBytes('an unknown column')
  }
  if (actions.some((code) => code === null || code === ACTION.makeTable || code > ACTION.mark))
    throw new MalformedBytes('an unknown action')
}

interface Rows {
  readonly objActor: readonly (number | null)[]
  readonly objCounter: readonly (number | null)[]
  readonly keyActor: readonly (number | null)[]
  readonly keyCounter: readonly (number | null)[]
  readonly keyString: readonly (string | null)[]
  readonly insert: readonly boolean[]
  readonly valueMeta: readonly (number | null)[]
}

function readRows(columns: Columns, count: number, limits: AutomergeLimits): Rows {
  const uints = (spec: number): (number | null)[] => readRows1(columns, spec, count, uint)
  const key = (column: ByteReader): string => shortText(column, limits.keyLengthMax)
  const insert = columns.get(COLUMN.insert)
  const flags = insert === undefined ? [] : readFlags(new Reader(insert), count, SHORT_COLUMN)
  if (flags.length !== count) throw new MalformedBytes(SHORT_COLUMN)
  return {
    objActor: uints(COLUMN.objActor),
    objCounter: uints(COLUMN.objCounter),
    keyActor: uints(COLUMN.keyActor),
    keyCounter: readDeltaColumn(columns, COLUMN.keyCounter, count),
    keyString: readRows1(columns, COLUMN.keyString, count, key),
    insert: flags,
    valueMeta: uints(COLUMN.valueMeta),
  }
}
