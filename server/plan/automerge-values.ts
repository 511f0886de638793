/** Converts between Automerge values and the JSON that readers of a record see (R3). */
import * as Automerge from '@automerge/automerge'
import type { Json } from '../../shared/json.ts'
import { isJsonArray, isJsonObject } from '../../shared/json.ts'
import { compareItems } from '../../shared/policies/apply-op.ts'
import { itemProblem, normalizeValue } from '../../shared/schema/check-value.ts'
import type { FieldSpec } from '../../shared/schema/field-spec.ts'
import { isContainer } from '../../shared/schema/field-spec.ts'

/** Any Automerge value as JSON: strings of both kinds as strings, instants as ISO 8601, bytes as base64. */
export function toJson(value: unknown): Json {
  if (value === null || value === undefined) return null
  if (typeof value === 'string' || typeof value === 'boolean') return value
  if (typeof value === 'number') return Number.isFinite(value) ? value : null
  if (typeof value === 'bigint') return value.toString()
  if (Automerge.isImmutableString(value)) return value.toString()
  // Far beyond 2⁵³ the library counts in BigInt; the nearest number is what JSON can say.
  if (value instanceof Automerge.Counter) return Number(value.value)
  if (value instanceof Date) return value.toISOString()
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64')
  if (Array.isArray(value)) return value.map(toJson)
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, toJson(member)]))
}

/**
 * The value of a field as readers see it. What does not fit the field's kind is not shown: a register reads
 * as null, a container leaves the element out; the document and the change log keep it (R4).
 */
export function readField(spec: FieldSpec, raw: unknown): Json {
  if (!isContainer(spec) || typeof raw !== 'object' || raw === null) return readValue(spec, raw)
  const known = contents.get(raw)
  if (known?.spec === spec) return known.value
  const value = readValue(spec, raw)
  contents.set(raw, { spec, value })
  return value
}

/** Containers as they were read, since a plan asks for the same ones again and again. Neither side is ever changed. */
const contents = new WeakMap<object, { readonly spec: FieldSpec; readonly value: Json }>()

function readValue(spec: FieldSpec, raw: unknown): Json {
  const value = toJson(raw)
  switch (spec.kind) {
    case 'counter':
      return typeof value === 'number' ? value : 0
    case 'set':
      return isJsonObject(value) ? setItems(spec, value) : []
    case 'list':
      return isJsonArray(value) ? value.filter((item) => itemProblem(spec, item) === null) : []
    case 'map':
      return isJsonObject(value)
        ? Object.fromEntries(Object.entries(value).filter(([, member]) => itemProblem(spec, member) === null))
        : {}
    default:
      return normalizeValue(spec, learned(spec, value))
  }
}

interface Read {
  readonly spec: FieldSpec
  readonly value: Json
}

const reads = new WeakMap<object, Read>()

/**
 * As `readField`. A document hands out the same object for a set, list or map until that is written to, so it is read once and not with
 * every change of the record; and who compares two views finds what has not changed to be the same.
 */
export function readOnce(spec: FieldSpec, raw: unknown): Json {
  if (typeof raw !== 'object' || raw === null) return readField(spec, raw)
  const known = reads.get(raw)
  if (known?.spec === spec) return known.value
  const value = readField(spec, raw)
  reads.set(raw, { spec, value })
  return value
}

/**
 * A scalar that was written before the schema had the field, as the kind that it got: a client's SQLite, for one,
 * has no booleans (R4). What is written to a declared field is checked without this.
 */
function learned(spec: FieldSpec, value: Json): Json {
  if (spec.kind === 'boolean' && (value === 0 || value === 1)) return value === 1
  if (spec.kind === 'string' && typeof value === 'number') return String(value)
  if (spec.kind === 'number' && typeof value === 'string' && /^-?\d{1,15}$/.test(value)) return Number(value)
  return value
}

/** What to assign in an Automerge change so that the field reads as `value`. */
export function toAutomerge(spec: FieldSpec, value: Json): unknown {
  switch (spec.kind) {
    case 'counter':
      return new Automerge.Counter(typeof value === 'number' ? value : 0)
    case 'set':
      return Object.fromEntries((isJsonArray(value) ? value : []).map((item) => [setKey(item), true]))
    case 'date':
      return typeof value === 'string' ? new Date(value) : null
    default:
      return plainToAutomerge(value)
  }
}

/** The key under which an item stands in the map that holds a set. */
export const setKey = (item: Json): string => String(item)

/** JSON with its strings as `ImmutableString`: they are values, not texts to be merged by character. */
export function plainToAutomerge(value: Json): unknown {
  if (typeof value === 'string') return new Automerge.ImmutableString(value)
  if (value === null || typeof value !== 'object') return value
  if (isJsonArray(value)) return value.map(plainToAutomerge)
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, plainToAutomerge(member)]))
}

function setItems(spec: FieldSpec, members: { readonly [key: string]: Json }): Json {
  const numeric = spec.item?.kind === 'number'
  return Object.entries(members)
    .filter(([, present]) => present === true)
    .map(([key]): Json => (numeric ? Number(key) : key))
    .filter((item) => itemProblem(spec, item) === null)
    .sort(compareItems)
}
