// Business rules, stricter modes and effects on the planner, through semantic and raw changes.
import { collection, s } from 'sluice'
import { afterEach, describe, expect, it } from 'vitest'
import { PolicyBench } from '../../../support/policy-bench.ts'
import { edit, str } from '../../../support/record-bench.ts'

let record = new PolicyBench({ a: s.string() })
afterEach(() => record.checkReplay())

const states = { pending: ['processing'], processing: ['shipped'], shipped: [] } as const
const minute = (at: number): string => new Date(Date.UTC(2026, 0, 1, 0, at)).toISOString()

describe('P6: orders', () => {
  const start = (): readonly string[] => {
    record = new PolicyBench(
      collection(
        {
          status: s.states(states).emits({ shipped: 'order.shipped' }),
          price: s.number({ min: 0 }).writable(({ change }) => change.metadata.approvedBy != null),
          lines: s.map(s.number()),
        },
        { lockedWhen: (order) => order.status === 'shipped' },
      ),
    )
    record.put('admin', {})
    return record.heads
  }

  it('starts in the first state and moves along its transitions only', () => {
    start()
    expect(record.view.fields.status).toBe('pending')
    expect(record.outcomeOf(record.put('ann', { status: 'shipped' }), 'status')).toBe('illegal_transition')
    expect(record.outcomeOf(record.put('ann', { status: 'processing' }), 'status')).toBe('applied')
    expect(record.told).toContain('status rejected ann "shipped"')
    expect(record.lines.find(({ outcome }) => outcome === 'rejected')?.code).toBe('illegal_transition')
  })

  it('T3: of two legal transitions the later state wins: server done beats offline in progress', () => {
    const saw = start()
    record.put('srv', { status: 'processing' })
    record.put('srv', { status: 'shipped' })
    const late = record.put('off', { lines: { a: 1 } }, { saw })
    expect(record.outcomeOf(late, 'lines')).toBe('locked')
    expect(record.view.fields).toMatchObject({ status: 'shipped', lines: {} })
  })

  it('a raw change of a locked record is undone, and its author told', () => {
    start()
    const replica = record.replica('a')
    record.put('srv', { status: 'processing' })
    record.put('srv', { status: 'shipped' })
    const raw = edit(replica, (root) => {
      ;(root.lines as Record<string, number>).bolt = 3
    })
    expect(record.push('off', raw)).toMatchObject({
      fields: { lines: { outcome: 'rejected', code: 'locked' } },
    })
    expect(record.view.fields.lines).toEqual({})
  })

  it('a field takes writes that meet its condition only', () => {
    start()
    expect(record.outcomeOf(record.put('ann', { price: 3 }), 'price')).toBe('not_writable')
    const approved = record.put('ann', { price: 3 }, { metadata: { approvedBy: 'boss' } })
    expect(record.outcomeOf(approved, 'price')).toBe('applied')
    expect(record.outcomeOf(record.put('ann', { price: -1 }), 'price')).toBe('out_of_bounds')
  })

  it('E9: a state that two enter at once fires its event once', () => {
    start()
    record.put('srv', { status: 'processing' })
    const saw = record.heads
    record.put('ann', { status: 'shipped' }, { saw })
    // Locked by then: entered through a replica that did not know it.
    expect(record.events.map(({ event, payload }) => [event, payload.author])).toEqual([
      ['order.shipped', 'ann'],
    ])
  })
})

describe('E9: effects', () => {
  const tasks = collection(
    {
      status: s.enum(['open', 'done', 'archived']).emits({ done: 'task.done' }),
      owner: s.string().critical(),
      note: s.string(),
    },
    { events: 'undisputed' },
  )
  const start = (): readonly string[] => {
    record = new PolicyBench(tasks)
    record.put('admin', { status: 'open', owner: 'x' })
    return record.heads
  }

  it('fires once for all who enter the state without seeing each other, and again when it is entered anew', () => {
    const saw = start()
    record.put('ann', { status: 'done' }, { saw })
    record.put('bob', { status: 'done' }, { saw })
    record.put('cid', { status: 'archived' })
    expect(record.outcomeOf(record.put('dan', { status: 'done' }, { saw }), 'status')).toBe('merged')
    expect(record.events).toHaveLength(1)
    record.put('eve', { status: 'open' })
    record.put('eve', { status: 'done' })
    expect(record.events.map(({ payload }) => payload.author)).toEqual(['ann', 'eve'])
    expect(new Set(record.events.map(({ id }) => id)).size).toBe(2)
  })

  it('fires once through raw changes in one batch, too', () => {
    start()
    const [one, two] = [record.replica('a'), record.replica('b')].map((replica) =>
      edit(replica, (root) => {
        root.status = str('done')
      }),
    )
    if (one !== undefined) record.push('ann', one)
    if (two !== undefined) record.push('bob', two)
    expect(record.events).toHaveLength(1)
  })

  it('waits while a field is disputed, and goes out in its order once it is decided', () => {
    const saw = start()
    record.put('ann', { owner: 'a' }, { saw })
    record.put('bob', { owner: 'b' }, { saw })
    record.put('cid', { status: 'done' })
    expect(record.events).toEqual([])
    expect(record.state.heldEvents).toHaveLength(1)
    record.resolve('eve', 'owner', { value: 'c' })
    expect(record.events.map(({ event }) => event)).toEqual(['task.done'])
    expect(record.state.heldEvents).toEqual([])
  })
})

describe('P4: row-version', () => {
  const start = (field?: string): readonly string[] => {
    record = new PolicyBench(
      collection(
        { title: s.string(), rev: s.number() },
        { concurrency: { mode: 'row-version', ...(field === undefined ? {} : { field }) } },
      ),
    )
    record.put('admin', { title: 'one' })
    return record.heads
  }

  it('F1: a stale write is refused whole, with what was expected, and logged', () => {
    const saw = start()
    expect(record.put('ann', { title: 'two' }, { saw }).ok).toBe(true)
    expect(record.put('bob', { title: 'three' }, { saw })).toMatchObject({
      ok: false,
      error: {
        code: 'stale_version',
        details: { expected: expect.any(String), received: expect.any(String) },
      },
    })
    expect(record.view.fields.title).toBe('two')
    expect(record.told.at(-1)).toBe('title rejected bob "three"')
  })

  it('a write that names no version is refused: absence is not agreement', () => {
    start()
    expect(record.outcomeOf(record.put('ann', { title: 'two' }), 'title')).toBe('version_required')
  })

  it('F4: a version column counts up by itself, and the one that a client saw is honoured', () => {
    start('rev')
    expect(record.view.fields.rev).toBe(1)
    record.put('ann', { title: 'two', rev: 1 })
    expect(record.view.fields).toEqual({ title: 'two', rev: 2 })
    expect(record.put('bob', { title: 'three', rev: 1 })).toMatchObject({
      error: { code: 'stale_version', details: { expected: 2, received: 1 } },
    })
  })

  it('a raw change that had not seen what is in force is undone', () => {
    start()
    const replica = record.replica('a')
    record.put('ann', { title: 'two' }, { saw: record.heads })
    const raw = edit(replica, (root) => {
      root.title = str('raw')
    })
    expect(record.push('bob', raw)).toMatchObject({
      fields: { title: { outcome: 'rejected', code: 'stale_version' } },
    })
    expect(record.view.fields.title).toBe('two')
  })

  it('one request may ask for it in any collection', () => {
    record = new PolicyBench({ title: s.string() })
    record.put('admin', { title: 'one' })
    const saw = record.heads
    record.put('ann', { title: 'two' })
    expect(record.outcomeOf(record.put('bob', { title: 'three' }, { saw, strict: true }), 'title')).toBe(
      'stale_version',
    )
  })
})

describe('P3: timestamp', () => {
  const start = (field?: string): void => {
    record = new PolicyBench(
      collection(
        { title: s.string(), modified: s.date() },
        { concurrency: { mode: 'timestamp', ...(field === undefined ? {} : { field }) } },
      ),
    )
    record.put('admin', { title: 'one' }, { claimedAt: minute(10) })
  }

  it('a write older than the record is refused with both times, a newer one is applied', () => {
    start()
    expect(record.put('ann', { title: 'old' }, { claimedAt: minute(5) })).toMatchObject({
      error: { code: 'stale_version', details: { expected: minute(10), received: minute(5) } },
    })
    expect(record.put('bob', { title: 'new' }, { claimedAt: minute(11) }).ok).toBe(true)
    expect(record.outcomeOf(record.put('cid', { title: 'no time' }), 'title')).toBe('version_required')
  })

  it('a clock that runs ahead does not lock others out', () => {
    start()
    record.put('ann', { title: 'from 2099' }, { claimedAt: '2099-01-01T00:00:00.000Z' })
    expect(record.put('bob', { title: 'now' }, { claimedAt: '2099-01-01T00:00:00.000Z' }).ok).toBe(true)
    expect(record.view.fields.title).toBe('now')
  })

  it('the column that carries the time is honoured, in whatever time zone it was written', () => {
    start('modified')
    expect(record.put('ann', { title: 'two', modified: '2026-01-01T01:20:00+01:00' }).ok).toBe(true)
    expect(record.view.fields).toEqual({ title: 'two', modified: minute(20) })
    expect(record.outcomeOf(record.put('bob', { title: 'x', modified: minute(19) }), 'title')).toBe(
      'stale_version',
    )
  })
})
