/** Turns an uploaded operation into field operations, and into what of it cannot be written. Pure. */
import type { Json, JsonObject } from '../../../shared/json.ts'
import type { FieldOp } from '../../../shared/record/field-op.ts'
import type { FieldSpec } from '../../../shared/schema/field-spec.ts'
import { isRegister } from '../../../shared/schema/field-spec.ts'
import type { CollectionSpec } from '../../../shared/schema/schema.ts'
import type { ExactJson } from '../../../shared/wire/exact-json.ts'
import { exactToJson } from '../../../shared/wire/exact-json.ts'
import type { RejectedWrite } from '../../plan/record-command.ts'
import type { ColumnValue } from './column-value.ts'
import { columnValue } from './column-value.ts'
import type { UploadOp } from './read-upload.ts'

export interface UploadWrites {
  readonly ops: readonly FieldOp[]
  /** The values that registers held before, as far as the client tells. */
  readonly before: JsonObject
  readonly rejected: readonly RejectedWrite[]
}

/** Values at all levels of one operation: beyond it, writing them blocks other requests for long (W6). */
export const OP_VALUES_MAX = 20_000

/** @param isUnique whether a repetition of the operation can be told from another one that says the same. */
export function uploadWrites(collection: CollectionSpec, op: UploadOp, isUnique: boolean): UploadWrites {
  const ops: FieldOp[] = []
  const rejected: RejectedWrite[] = []
  const before = valuesBefore(collection, op)
  if (op.op === 'DELETE') return { ops, before, rejected }
  for (const [field, value] of Object.entries(op.data)) {
    const result = columnWrite(collection, op, field, basedOn(collection, op, field) ?? value, isUnique)
    if (result === null) continue
    if ('type' in result) ops.push(result)
    else rejected.push(result)
  }
  return { ops, before, rejected }
}

function valuesBefore({ fields }: CollectionSpec, { old }: UploadOp): JsonObject {
  const held = Object.entries(old ?? {}).flatMap(([field, value]): readonly (readonly [string, Json])[] => {
    const spec = fields.get(field)
    const converted = spec === undefined || !isRegister(spec) ? null : columnValue(spec, value)
    return converted?.ok === true ? [[field, converted.value]] : []
  })
  return Object.fromEntries(held)
}

/** What a version column tells is the version that the client saw: the one before, if it sends it. */
function basedOn({ concurrency }: CollectionSpec, { old }: UploadOp, field: string): ExactJson | undefined {
  return concurrency.mode === 'row-version' && concurrency.field === field ? old?.[field] : undefined
}

/** @returns null if there is nothing to write. */
function columnWrite(
  collection: CollectionSpec,
  op: UploadOp,
  field: string,
  value: ExactJson,
  isUnique: boolean,
): FieldOp | RejectedWrite | null {
  const spec = collection.fields.get(field)
  const refuse = (code: RejectedWrite['code'], problem: string): RejectedWrite => ({
    field,
    operation: 'set',
    value: exactToJson(value),
    code,
    reason: `${field} ${problem}`,
  })
  // For the planner: it refuses text in its own words, and keeps what the schema does not have (R4).
  if (spec === undefined) return { type: 'set', field, value: exactToJson(value) }
  const converted = columnValue(spec, value)
  if (!converted.ok) return refuse('invalid_value', converted.problem)
  const amount = spec.kind === 'counter' ? counterDelta(spec, op, field, converted) : null
  if (amount === null) return { type: 'set', field, value: converted.value }
  if (!amount.ok) return refuse('invalid_value', amount.problem)
  if (amount.value === 0) return null
  if (!isUnique)
    return {
      ...refuse(
        'bad_request',
        'is changed by an amount, and a repetition could not be told: send op_id, or ledgerId in the metadata',
      ),
      operation: 'increment',
      value: amount.value,
    }
  return typeof amount.value === 'number'
    ? { type: 'increment', field, amount: amount.value }
    : refuse('invalid_value', 'takes a whole number as its amount')
}

/**
 * By how much a counter was changed: the value itself if the metadata says that it is a delta, else the
 * difference to the value before. Null if neither is known: then it is set to the value.
 */
function counterDelta(
  spec: FieldSpec,
  { old, metadata }: UploadOp,
  field: string,
  written: Extract<ColumnValue, { ok: true }>,
): ColumnValue | null {
  if (isDelta(metadata, field)) return written
  const before = old?.[field]
  if (before === undefined) return null
  const converted = columnValue(spec, before)
  if (!converted.ok) return converted
  if (typeof converted.value !== 'number' || typeof written.value !== 'number')
    return { ok: false, problem: 'takes whole numbers, before and after' }
  return { ok: true, value: written.value - converted.value }
}

const isDelta = ({ delta }: JsonObject, field: string): boolean =>
  delta === true || (Array.isArray(delta) && delta.includes(field))

/** Whether the operation holds more values than one write may. */
export function isOverlong(op: UploadOp): boolean {
  let values = 0
  const count = (value: ExactJson): void => {
    values += 1
    if (values <= OP_VALUES_MAX && typeof value === 'object' && value !== null)
      for (const member of Object.values(value)) count(member)
  }
  count(op.data)
  return values > OP_VALUES_MAX
}
