// The client as an app uses it: offline and online, closed and opened again, beside the real planner.
import { collection, defineConfig, s } from 'sluice'
import { describe, expect, it } from 'vitest'
import type { ClientParts } from '../../client/client-parts.ts'
import { SluiceClient } from '../../client/sluice-client.ts'
import { EntryTable } from '../../client/store/entry-table.ts'
import { memoryStore } from '../../client/store/memory-store.ts'
import { SteadyStore } from '../../client/store/steady-store.ts'
import { checkSchema } from '../../shared/schema/check-schema.ts'
import type { BenchConnection } from '../support/bench-connection.ts'
import { BenchServer } from '../support/bench-connection.ts'

const config = defineConfig({
  schema: {
    things: collection({
      title: s.string().required(),
      dose: s.number().critical(),
      stock: s.counter(),
      tags: s.set(s.string()),
      price: s.number({ min: 0 }),
      owner: s.string().prefer('metadata.source', ['mobile', 'web']),
    }),
  },
})
type Schema = (typeof config)['schema']

/** An app on a device: it is closed and opened again with what its store has. */
class App {
  readonly #server: BenchServer
  readonly #subject: string
  readonly #table: EntryTable
  readonly #policies: ClientParts['policies']
  connection!: BenchConnection
  client!: SluiceClient<Schema>
  static #ids = 0

  constructor(
    server: BenchServer,
    subject: string,
    policies: ClientParts['policies'] = {},
    table = new EntryTable(),
  ) {
    this.#server = server
    this.#subject = subject
    this.#policies = policies
    this.#table = table
  }

  async open(): Promise<this> {
    const checked = checkSchema(config)
    if (!checked.ok) throw new Error(checked.problems.join('\n'))
    this.connection = this.#server.connection(this.#subject)
    this.client = await SluiceClient.open<Schema>({
      schema: checked.schema,
      connection: this.connection,
      store: await SteadyStore.open(memoryStore(this.#table), () => {}),
      policies: this.#policies,
      now: () => new Date('2026-01-01T00:00:00Z'),
      after: () => () => {},
      randomId: () => `id${++App.#ids}`,
    })
    return this
  }

  /** As the power goes: nothing is said to anybody. */
  async crash(): Promise<this> {
    this.connection.forgetAll()
    return this.open()
  }

  get entries(): EntryTable {
    return this.#table
  }
}

const bench = (): BenchServer => new BenchServer(config.schema.things)

async function online(server: BenchServer, subject: string): Promise<App> {
  const app = await new App(server, subject).open()
  app.client.connect()
  return app
}

describe('a client', () => {
  it('shows a change at once, and says when it is durable', async () => {
    const { client } = await online(bench(), 'anna')
    const thing = client.record('things', '1')
    const change = thing.change((draft) => {
      draft.title = 'Pump'
      draft.stock.increment(2)
      draft.tags.add('b', 'a')
    })
    expect(thing.fields).toEqual({
      title: 'Pump',
      dose: null,
      stock: 2,
      tags: ['a', 'b'],
      price: null,
      owner: null,
    })
    expect(thing.staged).toEqual(new Set(['title', 'stock', 'tags']))
    expect(change.status).toBe('pending')
    expect(await change.settled).toMatchObject({ status: 'applied', refusal: null })
    await thing.durable()
    expect(thing.staged).toEqual(new Set())
    expect(thing.fields.stock).toBe(2)
    expect(thing.version).not.toBeNull()
    expect(thing.changes).toEqual([])
  })

  it('E2: edits made offline survive the end of the app, and arrive in their order', async () => {
    const server = bench()
    const app = await new App(server, 'anna').open()
    const before = app.client.record('things', '1')
    before.create({ title: 'Pump' })
    before.change((draft) => draft.stock.increment(5))
    before.change((draft) => {
      draft.price = 3
    })
    await before.change((draft) => draft.stock.decrement()).saved
    await app.crash()
    const after = app.client.record('things', '1')
    expect(after.fields).toMatchObject({ title: 'Pump', stock: 4, price: 3 })
    expect(app.client.pendingCount).toBe(4)
    app.client.connect()
    await app.client.durable()
    expect(server.record('1').bench.view.fields).toMatchObject({ title: 'Pump', stock: 4, price: 3 })
    expect(app.entries.list('change')).toEqual([])
    await app.crash()
    expect(app.client.record('things', '1').fields).toMatchObject({ title: 'Pump', stock: 4 })
  })

  it('P13: a change whose answer was lost is sent again and counts once', async () => {
    const server = bench()
    const app = await online(server, 'anna')
    const thing = app.client.record('things', '1')
    await thing.change((draft) => draft.stock.increment(1)).settled
    app.connection.losesAnswers = true
    thing.change((draft) => draft.stock.increment(2))
    await until(() => app.client.status.name === 'offline')
    expect(server.record('1').bench.view.fields.stock).toBe(3)
    const seen: unknown[] = []
    thing.subscribe(() => seen.push(thing.fields.stock))
    app.connection.losesAnswers = false
    app.client.connect()
    await app.client.durable()
    expect(server.record('1').bench.view.fields.stock).toBe(3)
    expect(new Set(seen)).toEqual(new Set([3]))
  })

  it('C4, C5: a critical value that somebody changed meanwhile is held, and decided offline', async () => {
    const server = bench()
    const [anna, ben] = [await online(server, 'anna'), await online(server, 'ben')]
    const hers = anna.client.record('things', '1')
    await hers.change((draft) => {
      draft.dose = 10
    }).settled
    const form = hers.form()
    const his = ben.client.record('things', '1')
    await his.current()
    await his.change((draft) => {
      draft.dose = 20
    }).settled
    expect(form.changedMeanwhile).toEqual(['dose'])
    const outcome = await form.submit((draft) => {
      draft.dose = 15
    }).settled
    expect(outcome).toMatchObject({ status: 'held', fields: { dose: { outcome: 'held' } } })
    await until(() => hers.conflicts.length === 1)
    expect(hers.fields.dose).toBe(20)
    const [conflict] = hers.conflicts
    expect(conflict).toMatchObject({ base: 10, incumbent: { value: 20 }, challengers: [{ value: 15 }] })
    expect(hers.changes).toMatchObject([{ status: 'held' }])

    anna.connection.cut()
    const choose = conflict?.challengers[0]?.id ?? ''
    expect(hers.can({ resolve: conflict?.id ?? '' })).toEqual({ allowed: true })
    void hers.resolve(conflict?.id ?? '', { choose, note: 'weighed again' })
    expect(hers.deciding).toHaveLength(1)
    await anna.crash()
    const again = anna.client.record('things', '1')
    expect(again.deciding).toHaveLength(1)
    anna.client.connect()
    await anna.client.durable()
    await until(() => again.conflicts.length === 0)
    expect(again.fields.dose).toBe(15)
    expect(again.changes).toMatchObject([{ status: 'applied' }])
  })

  it('a decision whose answer was lost is not repeated when the conflict is closed', async () => {
    const server = bench()
    const [anna, ben] = [await online(server, 'anna'), await online(server, 'ben')]
    const hers = anna.client.record('things', '1')
    await hers.change((draft) => {
      draft.dose = 1
    }).settled
    const his = ben.client.record('things', '1')
    await his.current()
    const form = his.form()
    await hers.change((draft) => {
      draft.dose = 2
    }).settled
    await form.submit((draft) => {
      draft.dose = 3
    }).settled
    await until(() => hers.conflicts.length === 1)
    anna.connection.losesAnswers = true
    const deciding = hers.resolve(hers.conflicts[0]?.id ?? '', {
      choose: hers.conflicts[0]?.incumbent.id ?? '',
    })
    await until(() => anna.client.status.name === 'offline')
    anna.connection.losesAnswers = false
    anna.client.connect()
    expect(await deciding).toMatchObject({ status: 'unknown' })
    expect(anna.client.pendingCount).toBe(0)
  })

  it('P12: tells who lost, over the end of the app, and writes it again on demand', async () => {
    const server = bench()
    const [anna, ben] = [await online(server, 'anna'), await online(server, 'ben')]
    let hers = anna.client.record('things', '1')
    await hers.change((draft) => {
      draft.owner = 'nobody'
    }).settled
    const form = hers.form()
    const his = ben.client.record('things', '1')
    await his.current()
    const mobile = { metadata: { source: 'mobile' } }
    await his.change((draft) => {
      draft.owner = 'ben'
    }, mobile).settled
    const lost = await form.submit(
      (draft) => {
        draft.owner = 'anna'
        draft.stock.increment()
      },
      { metadata: { source: 'web' } },
    ).settled
    expect(lost).toMatchObject({ status: 'superseded', fields: { stock: { outcome: 'applied' } } })
    await anna.crash()
    hers = anna.client.record('things', '1')
    expect(hers.fields).toMatchObject({ owner: 'ben', stock: 1 })
    expect(hers.changes).toMatchObject([{ id: lost.id, status: 'superseded' }])
    anna.client.connect()
    await hers.restoreMine(lost.id).settled
    // Only what was lost is written again, and on top of what won.
    expect(hers.fields).toMatchObject({ owner: 'anna', stock: 1 })
    expect(hers.changes).toEqual([])
    expect(() => hers.restoreMine(lost.id)).toThrow(/nothing of change/)
  })

  it('undo takes back what its author did, and nothing of others', async () => {
    const server = bench()
    const [anna, ben] = [await online(server, 'anna'), await online(server, 'ben')]
    const hers = anna.client.record('things', '1')
    hers.change((draft) => {
      draft.title = 'a'
      draft.tags.add('x')
      draft.stock.increment(3)
    })
    hers.change((draft) => {
      draft.title = 'b'
      draft.stock.increment(2)
      draft.tags.add('x', 'y')
    })
    await hers.durable()
    const his = ben.client.record('things', '1')
    await his.current()
    await his.change((draft) => draft.stock.increment(10)).settled
    await until(() => hers.fields.stock === 15)
    await hers.undo()?.settled
    expect(hers.fields).toMatchObject({ title: 'a', stock: 13, tags: ['x'] })
    expect(hers.undo()).toBeNull()
  })

  it('F5: origin_first shows a write once it is confirmed, and says that it is under way', async () => {
    const app = await new App(bench(), 'anna', { things: { writes: 'origin_first' } }).open()
    const thing = app.client.record('things', '1')
    thing.change((draft) => {
      draft.title = 'Pump'
    })
    expect(thing.fields.title).toBeNull()
    expect(thing.staged).toEqual(new Set(['title']))
    app.client.connect()
    await app.client.durable()
    expect(thing.fields.title).toBe('Pump')
  })

  it('T3: deletes offline nothing that is deleted online only', async () => {
    const app = await new App(bench(), 'anna', { things: { deletes: 'online' } }).open()
    app.client.connect()
    const thing = app.client.record('things', '1')
    await thing.change((draft) => draft.stock.increment()).settled
    expect(thing.can('delete')).toEqual({ allowed: true })
    app.connection.cut()
    expect(thing.can('delete')).toMatchObject({ allowed: false })
    expect(() => thing.delete()).toThrow(/online only/)
    app.client.connect()
    await thing.delete().settled
    expect(thing.status).toBe('deleted')
  })

  it('sends nothing of one person in the name of another', async () => {
    const server = bench()
    const app = await new App(server, 'anna').open()
    app.client.connect()
    const thing = app.client.record('things', '1')
    await thing.change((draft) => draft.stock.increment()).settled
    app.connection.cut()
    await thing.change((draft) => draft.stock.increment()).saved

    const other = await new App(server, 'ben', {}, app.entries).open()
    other.client.connect()
    expect(other.client.status).toEqual({ name: 'foreign', owner: { subject: 'anna', tenant: 'default' } })
    expect(server.record('1').bench.view.fields.stock).toBe(1)
    await other.client.forget()
    expect(other.entries.size).toBe(0)
    other.client.connect()
    await other.client.durable()
    const his = other.client.record('things', '1')
    await his.current()
    expect(his.fields.stock).toBe(1)
  })

  it('S9: names no mark to a server that went back to a backup', async () => {
    const server = bench()
    const app = await online(server, 'anna')
    await app.client.record('things', '1').change((draft) => draft.stock.increment()).settled
    app.connection.cut()
    const restored = bench()
    restored.store = 'store-2'
    const next = await new App(restored, 'anna', {}, app.entries).open()
    restored.record('1').bench.write('x', [
      { type: 'set', field: 'title', value: 'restored' },
      { type: 'increment', field: 'stock', amount: 7 },
    ])
    next.client.connect()
    const thing = next.client.record('things', '1')
    await until(() => thing.fields.stock === 7)
  })
})

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 5))
}
