/** Carries out one field operation inside an Automerge change callback. */

import { Counter } from '@automerge/automerge'
import type { Json } from '../../shared/json.ts'
import { canonicalJson, isJsonArray, isJsonObject, jsonEqual } from '../../shared/json.ts'
import type { FieldOp } from '../../shared/record/field-op.ts'
import { normalizeValue } from '../../shared/schema/check-value.ts'
import type { FieldSpec } from '../../shared/schema/field-spec.ts'
import { plainToAutomerge, setKey, toAutomerge, toJson } from './automerge-values.ts'
import type { PlanSteps } from './plan-steps.ts'
import { atOnce } from './plan-steps.ts'
import type { Target } from './record-document.ts'

/** @param root the document as its author saw it. The operation must have been checked against `spec`. */
export const applyFieldOp = (root: Target, spec: FieldSpec, op: FieldOp): void =>
  atOnce(applyInSteps(root, spec, op))

/** As `applyFieldOp`; many items or members are several steps. */
export function* applyInSteps(root: Target, spec: FieldSpec, op: FieldOp): PlanSteps<void> {
  switch (op.type) {
    case 'set':
      return yield* setField(root, op.field, spec, op.value)
    case 'increment':
      return incrementCounter(root, op.field, op.amount)
    case 'add':
      return yield* addItems(root, op.field, spec, op.items)
    case 'remove':
      return yield* removeItems(root, op.field, spec, op.items)
    case 'merge':
      return yield* mergeMembers(root, op.field, op.members)
  }
}

/** Items or members that are written in one step. */
const STEP_ITEMS = 1_000

function* eachInSteps<T>(items: readonly T[], write: (item: T) => void): PlanSteps<void> {
  for (const [index, item] of items.entries()) {
    if (index > 0 && index % STEP_ITEMS === 0) yield
    write(item)
  }
}

/**
 * Replaces a field's value as a whole, with an operation even if the value is the same: Automerge writes
 * nothing when a value does not change, so confirming one takes a null in between.
 */
export function replaceField(root: Target, field: string, spec: FieldSpec, value: Json): void {
  root[field] = null
  if (value === null && spec.kind !== 'counter') delete root[field]
  else root[field] = toAutomerge(spec, value)
}

function* setField(root: Target, field: string, spec: FieldSpec, value: Json): PlanSteps<void> {
  const current = root[field]
  if (spec.kind === 'set' && isMap(current) && isJsonArray(value))
    return yield* setMembers(current, setMap(value))
  if (spec.kind === 'map' && isMap(current) && isJsonObject(value)) return yield* setMembers(current, value)
  if (spec.kind === 'list' && Array.isArray(current) && isJsonArray(value)) return setElements(current, value)
  const normal =
    spec.kind === 'set' || spec.kind === 'list' || spec.kind === 'map' ? value : normalizeValue(spec, value)
  if (normal === null || jsonEqual(normalizeValue(spec, toJson(current)), normal))
    return replaceField(root, field, spec, normal)
  root[field] = toAutomerge(spec, normal)
}

function incrementCounter(root: Target, field: string, amount: number): void {
  const counter = root[field]
  if (counter instanceof Counter) counter.increment(amount)
  else root[field] = new Counter(amount)
}

function* addItems(root: Target, field: string, spec: FieldSpec, items: readonly Json[]): PlanSteps<void> {
  const current = root[field]
  if (Array.isArray(current)) current.push(...items.map(plainToAutomerge))
  else if (isMap(current))
    yield* eachInSteps(items, (item) => {
      current[setKey(item)] = true
    })
  else root[field] = toAutomerge(spec, items)
}

function* removeItems(root: Target, field: string, spec: FieldSpec, items: readonly Json[]): PlanSteps<void> {
  const current = root[field]
  if (Array.isArray(current)) {
    const unwanted = new Set(items.map(canonicalJson))
    for (let at = current.length - 1; at >= 0; at--)
      if (unwanted.has(canonicalJson(toJson(current[at])))) current.splice(at, 1)
  } else if (isMap(current))
    yield* eachInSteps(items, (item) => {
      delete current[setKey(item)]
    })
  else root[field] = toAutomerge(spec, [])
}

function* mergeMembers(
  root: Target,
  field: string,
  members: { readonly [key: string]: Json },
): PlanSteps<void> {
  const current = root[field]
  const target = isMap(current) ? current : {}
  yield* eachInSteps(Object.entries(members), ([key, value]) => {
    if (value === null) delete target[key]
    else if (!jsonEqual(toJson(target[key]), value)) target[key] = plainToAutomerge(value)
  })
  if (target !== current) root[field] = target
}

/** Writes only what differs, so that it merges with what others do to the same object. */
function* setMembers(target: Target, wanted: { readonly [key: string]: Json }): PlanSteps<void> {
  // Asking the library for each that is not there would take as long as writing it.
  const present = new Set(Object.keys(target))
  yield* eachInSteps([...present], (key) => {
    if (!Object.hasOwn(wanted, key)) delete target[key]
  })
  yield* eachInSteps(Object.entries(wanted), ([key, value]) => {
    const current = present.has(key) ? toJson(target[key]) : null
    if (!jsonEqual(current, value)) target[key] = plainToAutomerge(value)
  })
}

function setElements(target: unknown[], wanted: readonly Json[]): void {
  const current = target.map((element) => canonicalJson(toJson(element)))
  const goal = wanted.map(canonicalJson)
  let head = 0
  while (head < current.length && head < goal.length && current[head] === goal[head]) head++
  let tail = 0
  const spare = Math.min(current.length, goal.length) - head
  while (tail < spare && current[current.length - 1 - tail] === goal[goal.length - 1 - tail]) tail++
  const inserted = wanted.slice(head, wanted.length - tail).map(plainToAutomerge)
  if (inserted.length > 0 || current.length - head - tail > 0)
    target.splice(head, current.length - head - tail, ...inserted)
}

const setMap = (items: readonly Json[]): { readonly [key: string]: Json } =>
  Object.fromEntries(items.map((item) => [setKey(item), true]))

const isMap = (value: unknown): value is Target =>
  typeof value === 'object' &&
  value !== null &&
  !Array.isArray(value) &&
  !(value instanceof Counter) &&
  !(value instanceof Date)
