/**
 * Encodes an Automerge change of what `change-recorder.ts` records: scalars, counters and new objects under the keys of maps.
 * Byte for byte as the library does, which takes five times as long: it reads the change as JSON. And it tells the hash with the bytes,
 * so that nobody has to decode them to know it. A property test compares.
 */
import { hash as digest } from 'node:crypto'
import type { DecodedChange } from '@automerge/automerge'
import { COLUMN } from '../gate/change-columns.ts'
import { ByteWriter } from './byte-writer.ts'
import { writeDeltas, writeTexts, writeUints, writeUnset } from './column-writers.ts'

type Op = DecodedChange['ops'][number]

/** What a change says, in the form in which the library decodes it. */
export type ChangeParts = Pick<
  DecodedChange,
  'actor' | 'seq' | 'startOp' | 'time' | 'message' | 'deps' | 'ops'
>

export interface EncodedChange {
  readonly bytes: Uint8Array
  readonly decoded: DecodedChange
}

const MAGIC = Uint8Array.of(0x85, 0x6f, 0x4a, 0x83)
const CHANGE = 1
const CHECKSUM_BYTES = 4

const ACTIONS: ReadonlyMap<string, number> = new Map([
  ['makeMap', 0],
  ['set', 1],
  ['makeList', 2],
  ['del', 3],
  ['inc', 5],
])

/** Value types: the low four bits of a value's metadata, above which is its length in bytes. */
const VALUE = { null: 0, false: 1, true: 2, int: 4, float: 5, string: 6, counter: 8, timestamp: 9 } as const

/**
 * @param change its dependencies are in order, as are those that each operation overwrites.
 * @throws RangeError for an operation that is not one of those that are recorded.
 */
export function encodeChange(change: ChangeParts): EncodedChange {
  writeBody(change)
  content.clear()
  content.byte(CHANGE)
  content.uint(body.length)
  content.append(body)
  const hash = digest('sha256', content.written)
  const bytes = new Uint8Array(MAGIC.length + CHECKSUM_BYTES + content.length)
  bytes.set(MAGIC)
  bytes.set(Buffer.from(hash.slice(0, CHECKSUM_BYTES * 2), 'hex'), MAGIC.length)
  bytes.set(content.written, MAGIC.length + CHECKSUM_BYTES)
  return { bytes, decoded: { author: null, hash, ...change } }
}

function writeBody({ actor, seq, startOp, time, message, deps, ops }: ChangeParts): void {
  body.clear()
  body.uint(deps.length)
  for (const dep of deps) body.hex(dep)
  writeActor(actor)
  body.uint(seq)
  body.uint(startOp)
  body.int(time)
  body.text(message ?? '')
  const ids = new OpIds(actor, ops)
  body.uint(ids.others.length)
  for (const other of ids.others) writeActor(other)
  writeColumns(ops, ids)
  const filled = specified.filter(([, column]) => column.length > 0)
  body.uint(filled.length)
  for (const [spec, column] of filled) {
    body.uint(spec)
    body.uint(column.length)
  }
  for (const [, column] of filled) body.append(column)
}

function writeActor(actor: string): void {
  body.uint(actor.length / 2)
  body.hex(actor)
}

/** Reads the ids that operations name; actors are told by their place among those that the change names. */
class OpIds {
  /** Actors beside the change's own. */
  readonly others: readonly string[]
  readonly #indexes: ReadonlyMap<string, number>

  constructor(own: string, ops: readonly Op[]) {
    const named = new Set<string>()
    for (const { obj, pred } of ops) {
      if (obj !== ROOT) named.add(actorIn(obj))
      for (const id of pred) named.add(actorIn(id))
    }
    named.delete(own)
    this.others = [...named].sort()
    this.#indexes = new Map([own, ...this.others].map((actor, index) => [actor, index]))
  }

  actor(id: string): number {
    return this.#indexes.get(actorIn(id)) ?? 0
  }

  counter(id: string): number {
    return Number.parseInt(id, 10)
  }
}

const ROOT = '_root'

const actorIn = (id: string): string => id.slice(id.indexOf('@') + 1)

/**
 * What is written of a change before its bytes are made: of one at a time, so it is written into the same buffers each time.
 */
const body = new ByteWriter()
const content = new ByteWriter()
const columns = {
  objectActor: new ByteWriter(),
  objectCounter: new ByteWriter(),
  key: new ByteWriter(),
  insert: new ByteWriter(),
  action: new ByteWriter(),
  valueMeta: new ByteWriter(),
  value: new ByteWriter(),
  predCount: new ByteWriter(),
  predActor: new ByteWriter(),
  predCounter: new ByteWriter(),
}
/** In their order. */
const specified = Object.entries(columns).map(
  ([name, column]) => [COLUMN[name as keyof typeof columns], column] as const,
)

function writeColumns(ops: readonly Op[], ids: OpIds): void {
  for (const [, column] of specified) column.clear()
  const nested = ops.map(({ obj }) => (obj === ROOT ? null : obj))
  const preds = ops.flatMap(({ pred }) => pred)
  const metas = ops.map((op) => writeValue(columns.value, op))
  writeUints(
    columns.objectActor,
    nested.map((id) => (id === null ? null : ids.actor(id))),
  )
  writeUints(
    columns.objectCounter,
    nested.map((id) => (id === null ? null : ids.counter(id))),
  )
  writeTexts(columns.key, ops.map(keyOf))
  writeUnset(columns.insert, ops.length)
  writeUints(columns.action, ops.map(actionOf))
  writeUints(columns.valueMeta, metas)
  writeUints(
    columns.predCount,
    ops.map(({ pred }) => pred.length),
  )
  writeUints(
    columns.predActor,
    preds.map((id) => ids.actor(id)),
  )
  writeDeltas(
    columns.predCounter,
    preds.map((id) => ids.counter(id)),
  )
}

function keyOf(op: Op): string {
  const { key } = op as { readonly key?: string }
  if (key === undefined) throw new RangeError('only operations under the keys of maps are encoded here')
  return key
}

function actionOf({ action }: Op): number {
  const code = ACTIONS.get(action)
  if (code === undefined) throw new RangeError(`operations that ${action} are not encoded here`)
  return code
}

/** @returns the value's metadata. */
function writeValue(values: ByteWriter, { action, value, datatype }: Op): number {
  // The library's type leaves null out.
  if (value == null) return VALUE.null
  if (typeof value === 'boolean') return value ? VALUE.true : VALUE.false
  const before = values.length
  const type = typeof value === 'string' ? VALUE.string : numericType(action, datatype)
  if (typeof value === 'string') values.utf8(value)
  else if (type === VALUE.float) values.float(Number(value))
  else values.int(integer(value))
  return (values.length - before) * 16 + type
}

function integer(value: unknown): number {
  if (!Number.isSafeInteger(value)) throw new RangeError(`${String(value)} is no integer that can be encoded`)
  return Number(value)
}

function numericType(action: string, datatype: string | undefined): number {
  if (action === 'inc') return VALUE.int
  switch (datatype) {
    case 'counter':
      return VALUE.counter
    case 'timestamp':
      return VALUE.timestamp
    case 'float64':
      return VALUE.float
    default:
      return VALUE.int
  }
}
