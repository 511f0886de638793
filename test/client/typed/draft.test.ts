// A draft: misuse does not compile, and what does becomes operations of the field's own kind.
import { collection, defineConfig, s } from 'sluice'
import { describe, expect, expectTypeOf, it } from 'vitest'
import type { RecordForm } from '../../../client/record-form.ts'
import type { RecordHandle } from '../../../client/record-handle.ts'
import type { SluiceClient } from '../../../client/sluice-client.ts'
import { draftOps } from '../../../client/typed/draft.ts'
import type { Draft } from '../../../client/typed/draft-types.ts'
import type { FieldOp } from '../../../shared/record/field-op.ts'
import { collectionSpec } from '../../support/record-bench.ts'

const tickets = collection({
  title: s.string().required(),
  dueAt: s.date(),
  priority: s.enum(['low', 'high']).default('low'),
  state: s.states({ open: ['done'], done: [] }),
  stock: s.counter({ min: 0 }),
  tags: s.set(s.string()),
  ranks: s.set(s.number()),
  steps: s.list(s.string()),
  prices: s.map(s.number()),
  shape: s.json<{ sides: number }>(),
  body: s.text(),
})
const config = defineConfig({ schema: { tickets, notes: collection({ text: s.text(), title: s.string() }) } })
type Tickets = (typeof tickets)['fields']
type Client = SluiceClient<(typeof config)['schema']>

const fields = {
  title: 'Pump',
  stock: 3,
  tags: ['a'],
  ranks: [],
  steps: ['x'],
  prices: { a: 1 },
  priority: 'low',
}
const ops = (write: (draft: Draft<Tickets>) => void): readonly FieldOp[] =>
  draftOps(collectionSpec(tickets), fields, write as (draft: object) => void)

describe('types', () => {
  it('are those of the schema', () => {
    type Handle = RecordHandle<Tickets>
    expectTypeOf<Handle['fields']['title']>().toEqualTypeOf<string>()
    expectTypeOf<Handle['fields']['dueAt']>().toEqualTypeOf<string | null>()
    expectTypeOf<Handle['fields']['priority']>().toEqualTypeOf<'low' | 'high'>()
    expectTypeOf<Handle['fields']['stock']>().toEqualTypeOf<number>()
    expectTypeOf<Handle['fields']['tags']>().toEqualTypeOf<readonly string[]>()
    expectTypeOf<Handle['fields']>().not.toHaveProperty('body')
    expectTypeOf<Draft<Tickets>['state']>().toEqualTypeOf<'open' | 'done'>()
    expectTypeOf<ReturnType<Handle['form']>>().toEqualTypeOf<RecordForm<Tickets>>()
  })

  it('refuse misuse', () => {
    // Never run: what is below is for the compiler.
    const misuse = (client: Client, draft: Draft<Tickets>): void => {
      // @ts-expect-error the schema has no such collection
      client.record('nowhere', '1')
      // @ts-expect-error a number is no title
      draft.title = 5
      // @ts-expect-error a required field cannot be cleared
      draft.title = null
      draft.dueAt = null
      // @ts-expect-error not one of the values
      draft.priority = 'middle'
      // @ts-expect-error not one of the states
      draft.state = 'closed'
      // @ts-expect-error a counter is changed by increments
      draft.stock = 5
      // @ts-expect-error a set is not assigned
      draft.tags = ['a']
      // @ts-expect-error a set of strings
      draft.tags.add(5)
      // @ts-expect-error a set of numbers
      draft.ranks.add('5')
      // @ts-expect-error what is read cannot be written in place
      draft.steps.values.push('y')
      // @ts-expect-error a map of numbers
      draft.prices.set('a', 'b')
      // @ts-expect-error text is edited through its Y.Doc
      draft.body = 'x'
      // @ts-expect-error no such field
      draft.titel = 'x'
      // @ts-expect-error no such field
      client.record('tickets', '1').can({ write: 'titel' })
      // @ts-expect-error no such value
      client.record('tickets', '1').create({ title: 5 })
      // @ts-expect-error fields are read, and written by change()
      client.record('tickets', '1').fields.title = 'x'
    }
    expect(misuse).toBeTypeOf('function')
  })
})

describe('draftOps', () => {
  it('makes operations of each field’s own kind', () => {
    expect(
      ops((draft) => {
        draft.title = 'a'
        draft.title = 'Pump 2'
        draft.dueAt = '2026-03-01'
        draft.stock.increment()
        draft.stock.decrement(2)
        draft.tags.add('b', 'c')
        draft.tags.delete('a')
        draft.steps.push('y')
        draft.prices.set('b', 2)
        draft.prices.delete('a')
        draft.shape = { sides: 4 }
      }),
    ).toEqual([
      { type: 'set', field: 'title', value: 'Pump 2' },
      { type: 'set', field: 'dueAt', value: '2026-03-01' },
      { type: 'increment', field: 'stock', amount: 1 },
      { type: 'increment', field: 'stock', amount: -2 },
      { type: 'add', field: 'tags', items: ['b', 'c'] },
      { type: 'remove', field: 'tags', items: ['a'] },
      { type: 'add', field: 'steps', items: ['y'] },
      { type: 'merge', field: 'prices', members: { b: 2 } },
      { type: 'merge', field: 'prices', members: { a: null } },
      { type: 'set', field: 'shape', value: { sides: 4 } },
    ])
  })

  it('reads as the record would', () => {
    ops((draft) => {
      expect(draft.title).toBe('Pump')
      draft.stock.increment(4)
      expect(draft.stock.value).toBe(7)
      draft.tags.add('b')
      expect([draft.tags.values, draft.tags.has('b')]).toEqual([['a', 'b'], true])
      draft.prices.set('b', 2)
      expect([draft.prices.get('b'), draft.prices.get('z')]).toEqual([2, undefined])
    })
  })

  it('refuses what no field may hold, at the line that says it, and keeps nothing of the change', () => {
    const wrong: ((draft: Draft<Tickets>) => void)[] = [
      (draft) => Object.assign(draft, { title: 5 }),
      (draft) => Object.assign(draft, { title: null }),
      (draft) => Object.assign(draft, { title: undefined }),
      (draft) => Object.assign(draft, { nothing: 1 }),
      (draft) => draft.stock.increment(0.5),
      (draft) => Object.assign(draft, { state: 'closed' }),
    ]
    for (const write of wrong) expect(() => ops(write)).toThrow()
  })

  it('takes nothing any more once the change is made', () => {
    const kept: Draft<Tickets>[] = []
    ops((draft) => {
      kept.push(draft)
      draft.title = 'x'
    })
    expect(() => kept[0]?.stock.increment()).toThrow(/takes nothing any more/)
  })
})
