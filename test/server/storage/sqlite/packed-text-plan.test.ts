// What the writer thread is told of a text plan is the plan itself, however odd its strings and bytes.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Plan } from '../../../../server/plan/plan.ts'
import { packTextPlan, unpackTextPlan } from '../../../../server/storage/sqlite/packed-text-plan.ts'
import type { JsonObject } from '../../../../shared/json.ts'
import { entryAt, fieldsPlan, newKey, originAt, textPlan } from '../../../contract/storage/plan-fixture.ts'

const strings = fc.string({ unit: 'binary' })
const maybe = fc.option(strings)

const origins = fc
  .record({ subject: strings, roles: fc.array(strings), session: strings, device: maybe, claimedAt: maybe })
  .map((odd) => ({ ...originAt(1), ...odd }))

const metadata = fc.dictionary(
  fc.string({ minLength: 1 }),
  fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null)),
  { noNullPrototype: true },
)

const entries = fc
  .record({ bytes: fc.uint8Array({ maxLength: 300 }), origin: origins, metadata })
  .map(({ bytes, origin, metadata }) => ({
    ...entryAt(1),
    kind: 'update' as const,
    hash: null,
    schema: null,
    bytes,
    origin: { ...origin, metadata: metadata as JsonObject },
  }))

const plans = fc
  .record({
    journal: fc.array(entries, { maxLength: 5 }),
    bindings: fc.array(fc.record({ author: strings, subject: strings }), { maxLength: 3 }),
    expectedVersion: fc.nat(),
  })
  .map((parts): Plan => ({ ...textPlan(newKey(), 0, 1), ...parts }))

/** Bytes by their values, since what is unpacked holds a `Buffer` and the plan need not. */
const plain = (plan: Plan): unknown => ({
  ...plan,
  journal: plan.journal.map((entry) => ({ ...entry, bytes: [...entry.bytes] })),
})

test('a text plan that is packed and unpacked is the same plan', () => {
  fc.assert(
    fc.property(plans, (plan) => {
      const packed = packTextPlan(plan)
      if (packed === null) throw new Error('a plan with nothing but a journal is packed')
      expect(plain(unpackTextPlan(packed))).toEqual(plain(plan))
    }),
  )
})

test('a plan that writes more, and one with much in it, travels as it is', () => {
  const update = { ...entryAt(1), kind: 'update' as const, hash: null, schema: null }
  const text: Plan = { ...textPlan(newKey(), 0, 1), journal: [update] }
  expect(packTextPlan(text)).not.toBeNull()
  expect(packTextPlan(fieldsPlan(newKey(), 0, 1))).toBeNull()
  expect(packTextPlan({ ...text, journal: [{ ...update, kind: 'compaction' }] })).toBeNull()
  expect(packTextPlan({ ...text, journal: [{ ...update, bytes: new Uint8Array(100_000) }] })).toBeNull()
})
