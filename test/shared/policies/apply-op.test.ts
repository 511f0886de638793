// What a client shows before the server has answered is what the server then writes: one pure function and one over
// Automerge documents, compared operation by operation.
import * as Automerge from '@automerge/automerge'
import fc from 'fast-check'
import { s } from 'sluice'
import { describe, expect, it } from 'vitest'
import { applyFieldOp } from '../../../server/plan/apply-field-op.ts'
import { readField, toAutomerge } from '../../../server/plan/automerge-values.ts'
import type { Json, JsonObject } from '../../../shared/json.ts'
import { applyOps } from '../../../shared/policies/apply-op.ts'
import { emptyValue } from '../../../shared/policies/check-field-ops.ts'
import type { FieldOp } from '../../../shared/record/field-op.ts'
import { isContainer } from '../../../shared/schema/field-spec.ts'
import { collectionSpec } from '../../support/record-bench.ts'

const things = collectionSpec({
  title: s.string(),
  size: s.number().default(3),
  due: s.date(),
  stage: s.states({ new: ['done'], done: [] }),
  count: s.counter(),
  tags: s.set(s.string()),
  ranks: s.set(s.number()),
  steps: s.list(s.string()),
  prices: s.map(s.number()),
})

const word = fc.constantFrom('a', 'b', 'c', '10', '9', 'Ä')
const words = fc.array(word, { maxLength: 4 })
const numbers = fc.array(fc.constantFrom(-1, 2, 10, 9), { maxLength: 4 })
const members = fc.dictionary(word, fc.option(fc.integer({ min: 0, max: 3 }), { freq: 3 }), { maxKeys: 3 })
const full = fc.dictionary(word, fc.integer({ min: 0, max: 3 }), { maxKeys: 3 })

const set = (field: string, value: fc.Arbitrary<Json>): fc.Arbitrary<FieldOp> =>
  value.map((value) => ({ type: 'set', field, value }))
const items = (field: string, values: fc.Arbitrary<readonly Json[]>): fc.Arbitrary<FieldOp> =>
  fc
    .tuple(fc.constantFrom('add' as const, 'remove' as const), values)
    .map(([type, items]) => ({ type, field, items }))

const op: fc.Arbitrary<FieldOp> = fc.oneof(
  set('title', fc.option(word)),
  set('size', fc.option(fc.integer())),
  set('due', fc.constantFrom(null, '2026-03-01', '2026-03-01T09:30:00+02:00')),
  set('stage', fc.constantFrom('new', 'done')),
  set('count', fc.integer({ min: 0, max: 9 })),
  set('tags', words),
  set('ranks', numbers),
  set('steps', words),
  set('prices', full),
  fc.integer({ min: -5, max: 5 }).map((amount) => ({ type: 'increment', field: 'count', amount }) as const),
  items('tags', words),
  items('ranks', numbers),
  items('steps', words),
  members.map((given) => ({ type: 'merge', field: 'prices', members: given }) as const),
)

describe('applyOps', () => {
  it('says what the server says after the same operations', () => {
    fc.assert(
      fc.property(fc.array(op, { maxLength: 12 }), (ops) => {
        expect(applyOps(things, blank(), ops)).toEqual(throughAutomerge(ops))
      }),
      { numRuns: 300 },
    )
  })

  it('R4: leaves alone what the schema does not declare', () => {
    const fields = { ...blank(), colour: 'red' }
    const after = applyOps(things, fields, [{ type: 'set', field: 'colour', value: 'blue' }])
    expect(after).toEqual(fields)
  })
})

function blank(): JsonObject {
  return Object.fromEntries(
    [...things.fields].map(([field, spec]) => [field, spec.default ?? emptyValue(spec)]),
  )
}

function throughAutomerge(ops: readonly FieldOp[]): JsonObject {
  let doc = Automerge.from<Record<string, unknown>>(
    Object.fromEntries(
      [...things.fields]
        .filter(([, spec]) => isContainer(spec))
        .map(([field, spec]) => [field, toAutomerge(spec, emptyValue(spec))]),
    ),
  )
  for (const op of ops)
    doc = Automerge.change(doc, (root) => {
      const spec = things.fields.get(op.field)
      if (spec !== undefined) applyFieldOp(root, spec, op)
    })
  const fields = Object.fromEntries(
    [...things.fields].map(([field, spec]) => [field, readField(spec, doc[field]) ?? spec.default ?? null]),
  )
  Automerge.free(doc)
  return fields
}
