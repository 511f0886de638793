// C3 over all policies at once: whatever happened, the journal alone gives the same values, conflicts, log and
// events; a decision ends every dispute; and what was told does not depend on how commands were batched.
import * as Automerge from '@automerge/automerge'
import fc from 'fast-check'
import { collection, s } from 'sluice'
import { expect, test } from 'vitest'
import type { RecordCommand } from '../../../../server/plan/record-command.ts'
import { isOpen } from '../../../../shared/conflicts/conflict.ts'
import type { FieldOp } from '../../../../shared/record/field-op.ts'
import { PolicyBench } from '../../../support/policy-bench.ts'
import type { Doc } from '../../../support/record-bench.ts'
import { edit, str } from '../../../support/record-bench.ts'

const states = { open: ['doing'], doing: ['done', 'open'], done: [] } as const

const schemas = (['hold', 'delete-wins', 'update-wins'] as const).map((deletes) =>
  collection(
    {
      plain: s.string(),
      edited: s.string().lww({ by: 'edited' }),
      causal: s.string().lww({ by: 'causal' }),
      source: s.string().prefer('author', ['ann', 'bob']),
      held: s.string().critical(),
      base: s.string().critical({ hold: 'base' }),
      left: s.string().critical({ group: 'pair' }),
      right: s.string().critical({ group: 'pair' }),
      once: s.string().immutable(),
      status: s.states(states).emits({ done: 'done' }),
      stock: s.counter({ min: -3, max: 5 }),
      tags: s.set(s.string()),
      rows: s.list(s.string()),
    },
    {
      deletes,
      events: 'undisputed',
      lockedWhen: (record) => record.status === 'done' && record.plain === 'x',
      check: (record) => record.edited !== 'bad' || 'edited is bad',
    },
  ),
)

const registers = ['plain', 'edited', 'causal', 'source', 'held', 'base', 'left', 'right', 'once'] as const
const value = fc.constantFrom('x', 'y', 'z', 'bad', null)
const op: fc.Arbitrary<FieldOp> = fc.oneof(
  fc.record({ type: fc.constant('set' as const), field: fc.constantFrom(...registers), value }),
  fc.record({
    type: fc.constant('set' as const),
    field: fc.constant('status'),
    value: fc.constantFrom('open', 'doing', 'done'),
  }),
  fc.record({
    type: fc.constant('increment' as const),
    field: fc.constant('stock'),
    amount: fc.integer({ min: -4, max: 4 }),
  }),
  fc.record({
    type: fc.constantFrom('add' as const, 'remove' as const),
    field: fc.constantFrom('tags', 'rows'),
    items: fc.constantFrom(['a'], ['b', 'c']),
  }),
)
const author = fc.constantFrom('ann', 'bob', 'cid')
const minutes = fc.option(fc.integer({ min: 0, max: 200 }))

const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('write' as const),
      author,
      ops: fc.array(op, { minLength: 1, maxLength: 3 }),
      back: fc.nat(4),
      minutes,
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('edit' as const),
      author,
      field: fc.constantFrom(...registers, 'status', 'stock', 'tags'),
      value,
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('push' as const), author }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('delete' as const), author, back: fc.nat(4) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('create' as const), author }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('decide' as const), author, pick: fc.nat(5) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('undo' as const), author, pick: fc.nat(5) }) },
)
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

class History {
  readonly bench: PolicyBench
  readonly #points: (readonly string[])[] = []
  readonly #replicas = new Map<string, Doc>()

  constructor(schema: (typeof schemas)[number]) {
    this.bench = new PolicyBench(schema)
    this.bench.put('admin', { plain: 'start' })
    for (const [name, digit] of [
      ['ann', 'a'],
      ['bob', 'b'],
      ['cid', 'c'],
    ] as const)
      this.#replicas.set(name, this.bench.replica(digit))
  }

  take(step: Step): void {
    const { bench } = this
    this.#points.push(bench.heads)
    switch (step.kind) {
      case 'write': {
        const claimedAt =
          step.minutes === null ? null : new Date(Date.UTC(2026, 0, 1, 0, step.minutes)).toISOString()
        return void bench.ask(step.author, step.ops, { saw: this.#point(step.back), claimedAt })
      }
      case 'edit':
        return this.#edit(step.author, step.field, step.value)
      case 'push':
        return this.#push(step.author)
      case 'delete':
        return void bench.remove(step.author, { saw: this.#point(step.back) })
      case 'create':
        return void bench.put(step.author, { plain: 'again' }, { intent: 'replace' })
      case 'decide':
        return this.#decide(step.author, step.pick)
      case 'undo':
        return this.#undo(step.author, step.pick)
    }
  }

  #point(back: number): readonly string[] | null {
    return back === 0 ? null : (this.#points.at(-1 - back) ?? null)
  }

  #edit(author: string, field: string, value: string | null): void {
    const replica = this.#replicas.get(author)
    if (replica === undefined) return
    this.#replicas.set(
      author,
      edit(replica, (root) => {
        const current = root[field]
        if (field === 'stock') {
          if (current instanceof Automerge.Counter) current.increment(value === 'bad' ? 9 : 1)
        } else if (field === 'tags') (current as Record<string, boolean>)[value ?? 'q'] = true
        else if (value === null) delete root[field]
        else root[field] = str(field === 'status' ? 'doing' : value)
      }),
    )
  }

  #push(author: string): void {
    const replica = this.#replicas.get(author)
    if (replica === undefined) return
    this.bench.push(author, replica)
    const merged = Automerge.merge(
      replica,
      Automerge.load<Record<string, unknown>>(this.bench.state.doc.save()),
    )
    this.#replicas.set(author, merged)
  }

  get #open(): readonly string[] {
    return [...this.bench.state.conflicts].filter(([, conflict]) => isOpen(conflict)).map(([key]) => key)
  }

  #decide(author: string, pick: number): void {
    const open = this.#open
    const key = open[pick % Math.max(1, open.length)]
    const conflict = key === undefined ? undefined : this.bench.conflict(key)
    if (key === undefined || conflict === undefined) return
    const sides = [conflict.incumbent, ...conflict.challengers.filter((side) => side.supersededBy === null)]
    this.bench.resolve(author, key, { choose: sides[pick % sides.length]?.id ?? '' })
  }

  #undo(author: string, pick: number): void {
    const resolved = [...this.bench.state.conflicts.values()].filter(({ resolution }) => resolution !== null)
    const conflict = resolved[pick % Math.max(1, resolved.length)]
    if (conflict === undefined) return
    this.bench.run({ type: 'undo', conflictId: conflict.id, origin: this.bench.origin(author) })
  }

  decideAll(): void {
    for (const key of this.#open) this.#decideFor(key)
  }

  #decideFor(key: string): void {
    const conflict = this.bench.conflict(key)
    if (conflict !== undefined) this.bench.resolve('eve', key, { choose: conflict.incumbent.id })
  }
}

const history = (): fc.Arbitrary<Step[]> => fc.array(step, { minLength: 5, maxLength: 30 })

test.each(schemas.map((schema) => [schema.options.deletes ?? '', schema] as const))(
  'C3: the journal alone gives what the plans gave, whatever happened (deletes: %s)',
  (_deletes, schema) => {
    fc.assert(
      fc.property(history(), (steps) => {
        const past = new History(schema)
        for (const one of steps) past.take(one)
        past.bench.checkReplay()
        past.decideAll()
        past.bench.checkReplay()
        expect(past.bench.view.disputed).toEqual({})
        expect(past.bench.state.heldEvents).toEqual([])
        past.bench.state.doc.free()
      }),
      { numRuns: 80 },
    )
  },
)

test('C4: replicas show what REST shows, whatever the policies decided', () => {
  fc.assert(
    fc.property(history(), fc.nat(2), (steps, which) => {
      const schema = schemas[which] ?? schemas[0]
      if (schema === undefined) return
      const past = new History(schema)
      for (const one of steps) past.take(one)
      const { state } = past.bench
      const shown = Automerge.load<Record<string, unknown>>(state.doc.save())
      for (const field of registers)
        expect([field, shown[field] === undefined ? null : String(shown[field])]).toEqual([
          field,
          past.bench.view.fields[field],
        ])
      Automerge.free(shown)
    }),
    { numRuns: 60 },
  )
})

test('what is told of raw changes does not depend on how they were batched', () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ author, field: fc.constantFrom(...registers, 'stock', 'tags'), value }), {
        minLength: 2,
        maxLength: 12,
      }),
      (edits) => {
        const [first] = schemas
        if (first === undefined) return
        const told = [true, false].map((isOneBatch) => {
          const bench = new PolicyBench(first)
          bench.put('admin', { plain: 'start' })
          const replicas = new Map([
            ['ann', bench.replica('a')],
            ['bob', bench.replica('b')],
            ['cid', bench.replica('c')],
          ])
          const commands: RecordCommand[] = []
          for (const { author: name, field, value: written } of edits) {
            const replica = replicas.get(name)
            if (replica === undefined) continue
            const next = edit(replica, (root) => {
              const current = root[field]
              if (current instanceof Automerge.Counter) current.increment(written === 'bad' ? 9 : 1)
              else if (field === 'tags') (current as Record<string, boolean>)[written ?? 'q'] = true
              else root[field] = str(written ?? 'n')
            })
            replicas.set(name, next)
            const bytes = Automerge.getLastLocalChange(next)
            if (bytes === undefined) continue
            commands.push({
              type: 'changes',
              changes: [bytes],
              mayCreate: false,
              origin: { ...bench.origin(name), receivedAt: '2026-01-02T00:00:00.000Z' },
            })
          }
          if (isOneBatch) bench.run(...commands)
          else for (const command of commands) bench.run(command)
          bench.checkReplay()
          return { told: bench.told, fields: bench.view.fields }
        })
        expect(told[0]).toEqual(told[1])
      },
    ),
    { numRuns: 40 },
  )
})

test('W7: a change placed in the past leaves the lists of the present as they are', () => {
  const bench = new PolicyBench({ plain: s.string(), rows: s.list(s.string()) })
  bench.put('admin', { plain: 'start' })
  const saw = bench.heads
  bench.ask('ann', [{ type: 'add', field: 'rows', items: ['a'] }])
  bench.put('bob', { plain: 'x' }, { saw })
  expect(bench.view.fields).toEqual({ plain: 'x', rows: ['a'] })
  bench.checkReplay()
})
