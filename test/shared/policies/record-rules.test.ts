// P6: business rules, each with a code of its own.
import { describe, expect, test } from 'vitest'
import type { ProposedChange } from '../../../shared/policies/record-rules.ts'
import { applyRules, hasRules, incrementViolation } from '../../../shared/policies/record-rules.ts'
import { collection } from '../../../shared/schema/collection.ts'
import { s } from '../../../shared/schema/field.ts'
import { collectionSpec } from '../../support/record-bench.ts'

const orders = collection(
  {
    status: s.states({ pending: ['processing'], processing: ['shipped'], shipped: [] }),
    price: s.number({ min: 0 }).writable(({ change }) => change.metadata.approvedBy != null),
    number: s.string().immutable(),
    quantity: s.number().check((value) => value % 1 === 0 || 'is a whole number'),
    dose: s
      .number()
      .critical({ group: 'medication' })
      .check((dose) => dose < 100),
    unit: s.string().critical({ group: 'medication' }),
  },
  {
    lockedWhen: (order) => order.status === 'shipped',
    check: (order) => order.price === null || order.quantity !== null || 'a priced order has a quantity',
  },
)
const spec = collectionSpec(orders)
const BEFORE = { status: 'pending', price: null, number: 'A1', quantity: 1, dose: 5, unit: 'mg' }

function verdict(
  changed: Readonly<Record<string, string | number | null>>,
  parts: Partial<ProposedChange> & { readonly metadata?: Record<string, string> } = {},
) {
  const { metadata = {}, ...others } = parts
  const before = others.before === undefined ? BEFORE : others.before
  return applyRules(spec, {
    change: {
      subject: 'ada',
      roles: [],
      device: null,
      door: 'rest',
      metadata,
      claimedAt: null,
      receivedAt: '2026-01-01T00:00:00.000Z',
      intent: 'update',
      fields: Object.keys(changed),
    },
    before,
    seen: before ?? {},
    after: { ...(before ?? {}), ...changed },
    ...others,
  })
}

describe('P6: each refusal has a code', () => {
  test.each([
    ['illegal_transition', 'status', { status: 'shipped' }],
    ['not_writable', 'price', { price: 3 }],
    ['immutable', 'number', { number: 'A2' }],
    ['check_failed', 'quantity', { quantity: 1.5 }],
  ] as const)('%s', (code, field, changed) => {
    const { record, fields } = verdict(changed)
    expect(record).toBeNull()
    expect(fields[field]?.code).toBe(code)
    expect(fields[field]?.reason).toContain(field)
  })

  test('what is allowed is not refused', () => {
    expect(verdict({ status: 'processing', quantity: 2, number: 'A1' })).toEqual({ record: null, fields: {} })
    expect(verdict({ price: 3 }, { metadata: { approvedBy: 'boss' } })).toEqual({ record: null, fields: {} })
  })

  test('locked: a shipped order takes nothing, and shipping one does not lock the change that does it', () => {
    const shipped = { ...BEFORE, status: 'shipped' }
    expect(verdict({ quantity: 2 }, { before: shipped }).record?.code).toBe('locked')
    expect(verdict({ status: 'shipped' }, { before: { ...BEFORE, status: 'processing' } }).record).toBeNull()
  })

  test('the record as a whole is checked, in the words of the rule', () => {
    const metadata = { approvedBy: 'boss' }
    expect(verdict({ price: 3, quantity: null }, { metadata }).record).toEqual({
      code: 'check_failed',
      reason: 'a priced order has a quantity',
    })
  })

  test('linked fields are refused together, or a mix would remain that nobody entered', () => {
    expect(Object.keys(verdict({ dose: 500, unit: 'ml' }).fields).sort()).toEqual(['dose', 'unit'])
  })

  test('a transition is judged by what its author saw, an immutable field too', () => {
    const processing = { ...BEFORE, status: 'processing' }
    expect(verdict({ status: 'processing' }, { before: processing, seen: BEFORE }).fields).toEqual({})
    expect(verdict({ status: 'shipped' }, { before: processing, seen: BEFORE }).fields.status?.code).toBe(
      'illegal_transition',
    )
    expect(verdict({ number: 'B' }, { seen: { ...BEFORE, number: null } }).fields).toEqual({})
  })

  test('a rule that throws, or answers with a promise, lets nothing pass', () => {
    const broken = collectionSpec(
      collection({
        a: s.string().check(() => {
          throw new Error('oops')
        }),
        b: s.string().writable((() => Promise.resolve(true)) as never),
      }),
    )
    const verdictOf = (field: string) =>
      applyRules(broken, {
        change: {
          subject: 'ada',
          roles: [],
          device: null,
          door: 'rest',
          metadata: {},
          claimedAt: null,
          receivedAt: '',
          intent: 'update',
          fields: [field],
        },
        before: {},
        seen: {},
        after: { [field]: 'x' },
      }).fields[field]
    expect(verdictOf('a')).toEqual({ code: 'check_failed', reason: 'a has a rule that failed: oops' })
    expect(verdictOf('b')?.code).toBe('not_writable')
  })
})

test('P6, P11: a counter may not be led out of its bounds by somebody who sees where it stands', () => {
  const counter = s.counter({ min: 0, max: 10 }).spec
  expect(incrementViolation('stock', counter, 3, -4)).toEqual({
    code: 'out_of_bounds',
    reason: 'stock is at least 0, not -1',
  })
  expect(incrementViolation('stock', counter, 3, 8)?.code).toBe('out_of_bounds')
  expect(incrementViolation('stock', counter, 3, -3)).toBeNull()
})

test('a collection without rules is not asked', () => {
  expect(hasRules(collectionSpec(collection({ a: s.string().critical(), b: s.number({ min: 0 }) })))).toBe(
    false,
  )
  expect(hasRules(spec)).toBe(true)
})
