// Writes that nobody has seen and replaced, as a policy is given them, in any number and from anywhere.
import fc from 'fast-check'
import type { Json } from '../../../shared/json.ts'
import type { RankedWrite } from '../../../shared/policies/ranked-write.ts'
import type { FieldSpec } from '../../../shared/schema/field-spec.ts'
import { plainSpec } from '../../../shared/schema/field-spec.ts'
import type { DeletePolicy } from '../../../shared/schema/schema.ts'
import type { Unit } from '../../../shared/schema/unit.ts'

export const unitWith = (overrides: Partial<FieldSpec>, deletes: DeletePolicy | null = null): Unit => ({
  key: 'field',
  fields: ['field'],
  isGroup: false,
  spec: { ...plainSpec('string'), ...overrides },
  isKnown: true,
  deletes,
})

export const writeOf = (
  overrides: Partial<RankedWrite['side']> = {},
  rank: Partial<RankedWrite> = {},
): RankedWrite => ({
  actor: 'a1',
  op: 1,
  time: 0,
  ...rank,
  side: {
    operation: 'set',
    value: 'x',
    author: 'ada',
    roles: [],
    device: null,
    door: 'rest',
    metadata: {},
    ...overrides,
  },
})

/** Different writes have different operations, as in Automerge. */
export const anyWrites = (values: readonly Json[]): fc.Arbitrary<RankedWrite[]> =>
  fc
    .uniqueArray(
      fc.record({
        op: fc.integer({ min: 1, max: 6 }),
        actor: fc.constantFrom('a1', 'b2', 'c3'),
        time: fc.integer({ min: 0, max: 4 }),
        value: fc.constantFrom(...values),
        source: fc.constantFrom('mobile', 'web', 'other', undefined),
      }),
      { minLength: 1, maxLength: 6, selector: ({ op, actor }) => `${op}@${actor}` },
    )
    .map((writes) =>
      writes.map(({ op, actor, time, value, source }) =>
        writeOf(
          {
            value,
            operation: value === null ? 'delete' : 'set',
            metadata: source === undefined ? {} : { source },
          },
          { op, actor, time },
        ),
      ),
    )

export const shuffled = (writes: readonly RankedWrite[]): fc.Arbitrary<RankedWrite[]> =>
  fc.shuffledSubarray([...writes], { minLength: writes.length, maxLength: writes.length })
