/** Tells whether a JSON value may stand in a field: the one place that knows what each kind accepts. */

import type { Json } from '../json.ts'
import { isJsonArray, isJsonObject } from '../json.ts'
import type { Bounds, FieldSpec } from './field-spec.ts'

/** Longest string that a register, list element or map value may hold, in UTF-16 units. */
export const STRING_LENGTH_MAX = 65_536

/** Counters hold whole numbers, set within this bound and changed in steps within the next. */
export const COUNTER_MAX = 2 ** 52
export const COUNTER_STEP_MAX = 2 ** 32

/** Keys that would reach a JavaScript prototype, at any depth. */
const FORBIDDEN_KEYS: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype'])

const ISO_INSTANT = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2})?)?$/

/**
 * Why `value` may not be written to a field of this kind, as the end of a sentence that starts with the
 * field's name; null when it may. A null value clears a field and is judged by `required` elsewhere.
 */
export function valueProblem(spec: FieldSpec, value: Json): string | null {
  switch (spec.kind) {
    case 'string':
      return stringProblem(value)
    case 'number':
      return typeof value === 'number' && Number.isFinite(value)
        ? boundsProblem(spec.bounds, value)
        : `takes a finite number, not ${nameOf(value)}`
    case 'counter':
      return isWithin(value, COUNTER_MAX)
        ? boundsProblem(spec.bounds, Number(value))
        : `takes a whole number up to ${COUNTER_MAX}, not ${nameOf(value)}`
    case 'boolean':
      return typeof value === 'boolean' ? null : `takes true or false, not ${nameOf(value)}`
    case 'date':
      return typeof value === 'string' && normalizeDate(value) !== null
        ? null
        : `takes an ISO 8601 instant such as 2026-03-01T09:30:00Z, not ${nameOf(value)}`
    case 'enum':
      return typeof value === 'string' && spec.values.includes(value)
        ? null
        : `takes one of ${spec.values.join(', ')}, not ${nameOf(value)}`
    case 'json':
      return forbiddenKey(value)
    case 'set':
    case 'list':
      return isJsonArray(value) ? elementProblem(spec, value) : `takes an array, not ${nameOf(value)}`
    case 'map':
      return isJsonObject(value) ? memberProblem(spec, value) : `takes an object, not ${nameOf(value)}`
    case 'text':
      return 'is rich text: edit it through a text door'
  }
}

/** An instant in UTC, in the form that `Date.prototype.toISOString` gives; null for what is no instant. */
export function normalizeDate(value: string): string | null {
  if (!ISO_INSTANT.test(value)) return null
  const hasZone = /(Z|[+-]\d{2}:\d{2})$/.test(value) || !value.includes('T')
  const instant = new Date(hasZone ? value : `${value}Z`)
  return Number.isNaN(instant.getTime()) ? null : instant.toISOString()
}

/** A register value in the one form in which it is compared and stored; null for what does not fit. */
export function normalizeValue(spec: FieldSpec, value: Json): Json {
  if (value === null || valueProblem(spec, value) !== null) return null
  return spec.kind === 'date' && typeof value === 'string' ? normalizeDate(value) : value
}

/** Why a number breaks the bounds of its field. */
export function boundsProblem(bounds: Bounds | null, value: number): string | null {
  if (bounds === null) return null
  if (bounds.min !== null && value < bounds.min) return `is at least ${bounds.min}, not ${value}`
  return bounds.max !== null && value > bounds.max ? `is at most ${bounds.max}, not ${value}` : null
}

/** Whether the value is of the field's kind, and nothing but its bounds forbids it. */
export const isOutOfBounds = (spec: FieldSpec, value: Json): boolean =>
  spec.bounds !== null &&
  valueProblem(spec, value) !== null &&
  valueProblem({ ...spec, bounds: null }, value) === null

/** Why a counter may not be changed by this amount. */
export const stepProblem = (amount: Json): string | null =>
  isWithin(amount, COUNTER_STEP_MAX)
    ? null
    : `takes whole increments up to ${COUNTER_STEP_MAX}, not ${nameOf(amount)}`

const isWithin = (value: Json, bound: number): boolean =>
  typeof value === 'number' && Number.isInteger(value) && Math.abs(value) <= bound

function stringProblem(value: Json): string | null {
  if (typeof value !== 'string') return `takes a string, not ${nameOf(value)}`
  return value.length <= STRING_LENGTH_MAX
    ? null
    : `takes at most ${STRING_LENGTH_MAX} characters, not ${value.length}`
}

function elementProblem(spec: FieldSpec, values: readonly Json[]): string | null {
  for (const [at, value] of values.entries()) {
    const problem = itemProblem(spec, value)
    if (problem !== null) return `[${at}] ${problem}`
  }
  return null
}

function memberProblem(spec: FieldSpec, members: { readonly [key: string]: Json }): string | null {
  for (const [key, value] of Object.entries(members)) {
    if (key === '' || FORBIDDEN_KEYS.has(key)) return `has a key that is not allowed: "${key}"`
    const problem = itemProblem(spec, value)
    if (problem !== null) return `.${key} ${problem}`
  }
  return null
}

/** Why `value` may not be an element of this set, list or map. */
export function itemProblem(spec: FieldSpec, value: Json): string | null {
  if (spec.item === null) return null
  return value === null ? 'takes no null' : valueProblem(spec.item, value)
}

function forbiddenKey(value: Json): string | null {
  if (value === null || typeof value !== 'object') return null
  for (const [key, member] of Object.entries(value)) {
    if (FORBIDDEN_KEYS.has(key)) return `has a key that is not allowed: "${key}"`
    const problem = forbiddenKey(member)
    if (problem !== null) return problem
  }
  return null
}

function nameOf(value: Json): string {
  if (value === null) return 'null'
  if (typeof value === 'string') return `"${value.length > 40 ? `${value.slice(0, 40)}…` : value}"`
  if (typeof value === 'object') return isJsonArray(value) ? 'an array' : 'an object'
  return String(value)
}
