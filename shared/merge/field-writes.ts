/**
 * What a decoded Automerge change does to a record's fields: its operations, read as one write per field.
 * An operation inside a nested object belongs to the field at whose root the object hangs.
 */
import type { DecodedChange } from '@automerge/automerge'
import type { FieldOperation } from '../record/field-change.ts'
import { DELETED_KEY, isReservedKey } from '../record/reserved-keys.ts'

export interface FieldWrite {
  readonly field: string
  readonly operation: FieldOperation
  /** Sum of the increments, for an increment. */
  readonly amount: number
  /** Lamport counter of the last operation on the field. */
  readonly op: number
  /** The scalar that was set, when the operation itself tells; otherwise read it from the document. */
  readonly scalar: string | number | boolean | null | undefined
}

export interface FieldWrites {
  readonly writes: readonly FieldWrite[]
  /** Objects that the change makes, with the field they belong to. */
  readonly objects: readonly (readonly [objectId: string, field: string])[]
  /** Keys of the root that it writes to, itself or an object below them, those of the server included. */
  readonly keys: ReadonlySet<string>
}

/** Scalars whose decoded form is the value itself. */
const PLAIN_DATATYPES: ReadonlySet<string> = new Set(['', 'str', 'int', 'uint', 'f64', 'boolean', 'null'])

/** @param fieldOf the field of a nested object that an earlier change made. */
export function fieldWritesOf(
  change: Pick<DecodedChange, 'ops' | 'startOp' | 'actor'>,
  fieldOf: (objectId: string) => string | undefined,
): FieldWrites {
  const writes = new Map<string, FieldWrite>()
  const objects = new Map<string, string>()
  const keys = new Set<string>()
  for (const [index, op] of change.ops.entries()) {
    const atRoot = op.obj === '_root'
    const field = atRoot ? op.key : (objects.get(op.obj) ?? fieldOf(op.obj))
    if (field === undefined) continue
    keys.add(field)
    if (op.action.startsWith('make')) objects.set(`${change.startOp + index}@${change.actor}`, field)
    if (isReservedKey(field) && field !== DELETED_KEY) continue
    const counter = change.startOp + index
    const write = atRoot ? rootWrite(field, op, counter) : editOf(field, counter)
    writes.set(field, followedBy(writes.get(field), write))
  }
  return { writes: [...writes.values()], objects: [...objects], keys }
}

type Op = DecodedChange['ops'][number]

const editOf = (field: string, op: number): FieldWrite => ({
  field,
  operation: 'edit',
  amount: 0,
  op,
  scalar: undefined,
})

function rootWrite(field: string, op: Op, counter: number): FieldWrite {
  // Whether anything is left is for the document to tell: a client that confirms one of several values which
  // compete in its document writes no value, but deletes the others.
  const write = { field, amount: 0, op: counter, scalar: undefined }
  if (op.action === 'del') return { operation: 'delete', ...write }
  if (op.action === 'inc') return { operation: 'increment', ...write, amount: Number(op.value ?? 0) }
  const plain = op.action === 'set' && PLAIN_DATATYPES.has(op.datatype ?? '')
  return { operation: 'set', ...write, scalar: plain ? (op.value ?? null) : undefined }
}

/** Two operations on one field within one change, as one write. */
function followedBy(earlier: FieldWrite | undefined, later: FieldWrite): FieldWrite {
  if (earlier === undefined || later.operation === 'set' || later.operation === 'delete') return later
  if (earlier.operation === 'increment' && later.operation === 'increment')
    return { ...later, amount: earlier.amount + later.amount }
  // Filling an object, or counting on, right after setting it in the same change is part of the setting.
  if (earlier.operation === 'set') return { ...earlier, op: later.op, scalar: undefined }
  return later
}
