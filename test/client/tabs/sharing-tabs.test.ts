// Tabs that share a store: one connection and one queue, whoever leads.
import { describe, expect, it } from 'vitest'
import { until } from '../../support/until.ts'
import { LOCK, TabApp } from './tab-app.ts'

const thingOf = ({ client }: Awaited<ReturnType<TabApp['open']>>) => client.record('things', '1')

describe('K14: tabs of one store', () => {
  it('have one connection, and show what is changed in any of them, with its status', async () => {
    const app = new TabApp()
    const [one, two] = [await app.open(), await app.open()]
    for (const { client } of [one, two]) client.connect()
    const [here, there] = [thingOf(one), thingOf(two)]
    await Promise.all([here.current(), there.current()])
    expect(app.online).toHaveLength(1)
    const change = there.change((draft) => {
      draft.title = 'Pump'
      draft.stock.increment(2)
    })
    expect(there.fields).toMatchObject({ title: 'Pump', stock: 2 })
    expect(await change.settled).toMatchObject({ status: 'applied' })
    await until(() => here.fields.title === 'Pump' && here.staged.size === 0, 'the other tab to show it')
    expect(here.fields.stock).toBe(2)
    await here.change((draft) => draft.stock.increment()).settled
    await until(() => there.fields.stock === 3, 'the first tab to show it')
    await until(() => one.client.pendingCount + two.client.pendingCount === 0, 'both to be at rest')
    expect(app.online).toHaveLength(1)
  })

  it('show each other offline what waits, build on it, and the one that is left sends it', async () => {
    const app = new TabApp()
    const [one, two] = [await app.open(), await app.open()]
    const [here, there] = [thingOf(one), thingOf(two)]
    await here.change((draft) => draft.stock.increment(1)).saved
    await until(() => there.fields.stock === 1, 'the second tab to show it')
    expect(there.changes).toMatchObject([{ status: 'pending' }])
    const change = there.change((draft) => {
      draft.stock.increment(2)
      draft.dose = 5
    })
    await change.saved
    await until(() => here.fields.stock === 3, 'the first tab to show it')
    expect(one.client.pendingCount).toBe(2)
    one.kill()
    two.client.connect()
    expect(await change.settled).toMatchObject({ status: 'applied' })
    await two.client.durable()
    expect(app.server.record('1').bench.view.fields).toMatchObject({ stock: 3, dose: 5 })
    await until(() => app.browser.entries.list('change').length === 0, 'nothing to wait any more')
  })

  it('what the leading tab changes in a row offline is one change, as without tabs', async () => {
    const app = new TabApp()
    const one = await app.open()
    const thing = thingOf(one)
    thing.change((draft) => draft.stock.increment(1))
    thing.change((draft) => draft.stock.increment(2))
    const last = thing.change((draft) => draft.stock.increment(3))
    await last.saved
    // The first creates the record.
    expect(app.browser.entries.list('change')).toHaveLength(2)
    const two = await app.open()
    expect(thingOf(two).fields.stock).toBe(6)
    one.client.connect()
    expect(await last.settled).toMatchObject({ status: 'applied' })
    expect(app.server.record('1').bench.view.fields.stock).toBe(6)
  })

  it('C5: a decision that a tab makes offline is sent by the tab that leads, once, and told to its author', async () => {
    const app = new TabApp()
    const [one, two] = [await app.open(), await app.open()]
    for (const { client } of [one, two]) client.connect()
    const [here, there] = [thingOf(one), thingOf(two)]
    await here.change((draft) => {
      draft.dose = 1
    }).settled
    await until(() => there.fields.dose === 1, 'both to show it')
    const form = there.form()
    await here.change((draft) => {
      draft.dose = 2
    }).settled
    const notices: unknown[] = []
    two.client.onConflict(({ change }) => notices.push(change))
    const held = form.submit((draft) => {
      draft.dose = 3
    })
    expect(await held.settled).toMatchObject({ status: 'held' })
    expect(notices).toEqual([held.id])
    await until(() => here.conflicts.length === 1 && here.changes.length === 1, 'the first tab to show it')
    expect(here.changes).toMatchObject([{ id: held.id, status: 'held' }])
    for (const connection of app.online) connection.cut()
    await until(() => two.client.status.name === 'offline', 'the second tab to know')
    const [conflict] = there.conflicts
    const decided = there.resolve(conflict?.id ?? '', { choose: conflict?.challengers[0]?.id ?? '' })
    await until(() => here.deciding.length === 1, 'the first tab to show the decision')
    two.client.connect()
    expect(await decided).toMatchObject({ status: 'done' })
    for (const thing of [here, there]) {
      await until(() => thing.conflicts.length === 0, 'both to show it decided')
      expect(thing.fields.dose).toBe(3)
      expect(thing.deciding).toEqual([])
    }
    there.dismiss(held.id)
    await until(() => here.changes.length === 0, 'the first tab to show that it was looked at')
  })

  it('a tab that is closed takes nothing with it; the last one closes the connection', async () => {
    const app = new TabApp()
    const [one, two] = [await app.open(), await app.open()]
    for (const { client } of [one, two]) client.connect()
    await thingOf(two).change((draft) => draft.stock.increment()).settled
    await one.client.close()
    await until(() => app.online.length === 1 && two.connections.length === 1, 'the second tab to lead')
    await thingOf(two).change((draft) => draft.stock.increment()).settled
    expect(app.server.record('1').bench.view.fields.stock).toBe(2)
    await two.client.close()
    expect(app.online).toEqual([])
  })

  it('one that leads and is frozen is replaced; when it wakes it follows, with what it had before', async () => {
    const app = new TabApp()
    const [one, two] = [await app.open(), await app.open()]
    for (const { client } of [one, two]) client.connect()
    const [here, there] = [thingOf(one), thingOf(two)]
    await Promise.all([here.current(), there.current()])
    one.tab.freeze()
    const change = there.change((draft) => draft.stock.increment())
    await until(() => {
      app.pass(1_000)
      return two.connections.length === 1
    }, 'the second tab to lead')
    expect(await change.settled).toMatchObject({ status: 'applied' })
    one.tab.wake()
    await until(() => here.fields.stock === 1 && app.online.length === 1, 'the first tab to follow')
    await here.change((draft) => draft.stock.increment()).settled
    await until(() => there.fields.stock === 2, 'the second tab to show it')
    expect(app.online).toEqual(two.connections)
    const three = await app.open()
    expect(thingOf(three).fields.stock).toBe(2)
  })

  it('a tab that finds the one that leads frozen takes its place', async () => {
    const app = new TabApp()
    const one = await app.open()
    await thingOf(one).change((draft) => draft.stock.increment()).saved
    one.tab.freeze()
    const opening = app.open()
    let two: Awaited<typeof opening> | null = null
    void opening.then((tab) => {
      two = tab
    })
    await until(() => {
      app.pass(1_000)
      return two
    }, 'the second tab to open')
    expect(thingOf(await opening).fields.stock).toBe(1)
  })

  it('a tab that finds the lock free connects while it opens, and has one connection; the next one has none', async () => {
    const app = new TabApp()
    const [one, two] = [await app.open({ early: true }), await app.open({ early: true })]
    const [here, there] = [thingOf(one), thingOf(two)]
    await here.change((draft) => draft.stock.increment()).settled
    await until(() => there.fields.stock === 1, 'the second tab to show it')
    expect([one.connections, two.connections]).toMatchObject([[{}], []])
    await one.client.close()
    await there.change((draft) => draft.stock.increment()).settled
    expect(app.online).toEqual(two.connections)
  })

  it('a tab whose lock is taken while it opens follows who has taken it', async () => {
    const app = new TabApp()
    const tab = app.browser.newTab()
    const opening = app.open({ early: true, tab })
    const release = await app.browser.newTab().locks.hold(LOCK, { steals: true })
    const two = app.open({ early: true })
    release()
    const [here, there] = [thingOf(await opening), thingOf(await two)]
    await here.change((draft) => draft.stock.increment()).settled
    await until(() => there.fields.stock === 1, 'the second tab to show it')
    expect(app.online).toHaveLength(1)
  })

  it('a tab of another version of the app shares nothing, and is told', async () => {
    const app = new TabApp()
    await app.open()
    await expect(app.open({ other: true })).rejects.toThrow(/another version of the app/)
  })

  it('forget: what one tab discards is gone in all of them', async () => {
    const app = new TabApp()
    const [one, two] = [await app.open(), await app.open()]
    const [here, there] = [thingOf(one), thingOf(two)]
    await here.change((draft) => draft.stock.increment()).saved
    await until(() => there.fields.stock === 1, 'the second tab to show it')
    await two.client.forget()
    await until(() => here.fields.stock === 0 && there.fields.stock === 0, 'both to have forgotten')
    expect(app.browser.entries.list('change')).toEqual([])
  })
})
