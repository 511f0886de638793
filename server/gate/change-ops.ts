/**
 * The operations in the body of an Automerge change, looked through without the library: how many there are,
 * and whether they stand there as the library itself would have written them. What they mean is for the gate
 * to judge, on what the library decodes; this is the proof that decoding is cheap and loses nothing.
 */
import type { AutomergeLimits } from './automerge-limits.ts'
import type { ByteReader } from './byte-reader.ts'
import { MalformedBytes } from './byte-reader.ts'
import { ChangeColumns, COLUMN } from './change-columns.ts'

const ACTION = { set: 1, increment: 5, makeTable: 6, mark: 7 } as const

/** Value types, the low four bits of a value's metadata; the length in bytes is above them. */
const VALUE = {
  null: 0,
  true: 2,
  uint: 3,
  int: 4,
  float: 5,
  string: 6,
  bytes: 7,
  counter: 8,
  time: 9,
} as const
const FLOAT_BYTES = 8

/**
 * @param actors hex, the change's own first; each of the others must be named by an operation.
 * @returns the number of operations.
 * @throws MalformedBytes with the reason of the refusal.
 */
export function readOps(reader: ByteReader, actors: readonly string[], limits: AutomergeLimits): number {
  const columns = ChangeColumns.read(reader)
  const tooMany = `more than ${limits.opsMax} operations`
  const actions = columns.countedUints(COLUMN.action, limits.opsMax, tooMany)
  checkActions(columns, actions)
  if (actions.length === 0) return checkNothing(columns, actors)

  const named = new Set<number>([0])
  checkPlaces(columns, actions.length, actors.length, named, limits)
  checkPreds(columns, actions.length, actors, named, limits)
  if (named.size < actors.length) throw new MalformedBytes('an actor that no operation names')
  checkValues(columns, actions, limits)
  return actions.length
}

/**
 * Marks are refused because nobody can vet them cheaply: a mark whose end stands before its start makes the
 * record unloadable, as does one that is never closed, and where they stand follows only from the whole text.
 */
function checkActions(columns: ChangeColumns, actions: readonly (number | null)[]): void {
  if (actions.includes(ACTION.mark)) throw new MalformedBytes('formatting marks, which fields do not take')
  if (columns.has(COLUMN.markExpand) || columns.has(COLUMN.markName))
    throw new MalformedBytes('columns of marks without a mark')
  if (actions.some((code) => code === null || code === ACTION.makeTable || code > ACTION.mark))
    throw new MalformedBytes('an unknown action')
}

function checkNothing(columns: ChangeColumns, actors: readonly string[]): number {
  if (!columns.isEmpty || actors.length > 1) throw new MalformedBytes('columns or actors without operations')
  return 0
}

/** An operation's object and the key or element within it. */
function checkPlaces(
  columns: ChangeColumns,
  count: number,
  actors: number,
  named: Set<number>,
  limits: AutomergeLimits,
): void {
  const objectActor = columns.uints(COLUMN.objectActor, count)
  const objectCounter = columns.uints(COLUMN.objectCounter, count)
  const elementActor = columns.uints(COLUMN.elementActor, count)
  const elementCounter = columns.deltas(COLUMN.elementCounter, count)
  const tooLong = `a key longer than ${limits.keyLengthMax} bytes`
  const keys = columns.byteStrings(COLUMN.key, count, limits.keyLengthMax, tooLong)
  columns.flags(COLUMN.insert, count)
  for (const [row, key] of keys.entries()) {
    const [object, element] = [objectActor[row] ?? null, elementActor[row] ?? null]
    const atHead = element === null && elementCounter[row] === 0
    const isKeyed = key !== null && element === null && elementCounter[row] === null
    if (object !== null || objectCounter[row] !== null) checkOpId(object, objectCounter[row], actors, named)
    if (key === null && !atHead) checkOpId(element, elementCounter[row], actors, named)
    else if (!isKeyed && !(key === null && atHead)) throw new MalformedBytes('a key and an element at once')
  }
}

/** The operations that each operation overwrites: counted first, then all of them in two columns. */
function checkPreds(
  columns: ChangeColumns,
  count: number,
  actors: readonly string[],
  named: Set<number>,
  limits: AutomergeLimits,
): void {
  const counts = columns.uints(COLUMN.predCount, count)
  let total = 0
  for (const preds of counts) {
    if (preds === null) throw new MalformedBytes('no count of predecessors')
    total += preds
    if (total > limits.predsMax) throw new MalformedBytes(`more than ${limits.predsMax} predecessors`)
  }
  const predActor = columns.uints(COLUMN.predActor, total)
  const predCounter = columns.deltas(COLUMN.predCounter, total)
  for (let row = 0; row < total; row++) checkOpId(predActor[row], predCounter[row], actors.length, named)

  let start = 0
  for (const preds of counts) {
    const end = start + (preds ?? 0)
    for (let row = start + 1; row < end; row++) {
      const step = (predCounter[row] ?? 0) - (predCounter[row - 1] ?? 0)
      const isLater = step > 0 || (step === 0 && actorAt(predActor, row) > actorAt(predActor, row - 1))
      if (!isLater) throw new MalformedBytes('predecessors that are doubled or out of order')
    }
    start = end
  }

  function actorAt(column: readonly (number | null)[], row: number): string {
    return actors[column[row] ?? 0] ?? ''
  }
}

function checkOpId(
  actor: number | null | undefined,
  counter: number | null | undefined,
  actors: number,
  named: Set<number>,
): void {
  if (actor == null || counter == null || actor >= actors || counter < 1)
    throw new MalformedBytes('an id of no operation')
  named.add(actor)
}

function checkValues(
  columns: ChangeColumns,
  actions: readonly (number | null)[],
  limits: AutomergeLimits,
): void {
  const metas = columns.uints(COLUMN.valueMeta, actions.length)
  const values = columns.raw(COLUMN.value)
  for (const [row, action] of actions.entries()) {
    const meta = metas[row]
    if (meta == null) throw new MalformedBytes('no value')
    const type = meta % 16
    const isFitting = action === ACTION.set || type === (action === ACTION.increment ? VALUE.int : VALUE.null)
    if (!isFitting) throw new MalformedBytes('a value that does not fit its action')
    checkValue(values, type, Math.floor(meta / 16), limits)
  }
  if (!values.isAtEnd) throw new MalformedBytes('values that belong to no operation')
}

function checkValue(values: ByteReader, type: number, length: number, limits: AutomergeLimits): void {
  const end = values.offset + length
  switch (type) {
    case VALUE.uint:
      values.uint()
      break
    case VALUE.int:
    case VALUE.counter:
    case VALUE.time:
      values.int()
      break
    case VALUE.float:
      values.take(FLOAT_BYTES)
      break
    case VALUE.string:
    case VALUE.bytes:
      if (length > limits.stringLengthMax)
        throw new MalformedBytes(`a value longer than ${limits.stringLengthMax} bytes`)
      values.take(length)
      break
    default:
      if (type > VALUE.true) throw new MalformedBytes('a value of unknown type')
  }
  if (values.offset !== end) throw new MalformedBytes('a value of the wrong length')
}
