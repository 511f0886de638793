// The SDK as an app uses it, against the real program: sockets, a store in a file, servers and apps that go and come.
import { collection, defineConfig, s } from 'sluice'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import WebSocket from 'ws'
import * as Y from 'yjs'
import { connect } from '../../../client/connect.ts'
import { openText } from '../../../client/text/index.ts'
import config from '../../../sluice.config.ts'
import { rest } from '../../support/rest-client.ts'
import { until } from '../../support/until.ts'
import { AppStage } from './app-stage.ts'

let stage: AppStage<typeof config>
beforeAll(async () => {
  stage = await AppStage.open(config)
})
afterAll(() => stage?.close())

const fieldsOf = async (collection: string, id: string) =>
  (await rest(stage.server.url, 'GET', `/v1/records/${collection}/${id}`)).body.fields

describe('records', () => {
  test('a change is shown at once, durable when it says so, and seen by others', async () => {
    const [anna, ben] = [await stage.app(), await stage.app()]
    const hers = anna.record('tickets', 'S-1')
    const change = hers.create({ title: 'Pump', labels: ['b', 'a'] })
    expect(hers.fields).toMatchObject({ title: 'Pump', labels: ['a', 'b'], status: 'open' })
    expect(await change.settled).toMatchObject({ status: 'applied' })
    expect(await fieldsOf('tickets', 'S-1')).toMatchObject({ title: 'Pump', labels: ['a', 'b'] })
    const his = ben.record('tickets', 'S-1')
    await his.current()
    expect(his.fields).toEqual(hers.fields)
    his.change((draft) => draft.labels.add('c'))
    await until(() => hers.fields.labels.includes('c'), 'the other sees it')
    await hers.durable()
    expect(hers.view).toMatchObject({ status: 'live', staged: new Set() })
    await until(() => hers.version === his.version, 'both have the same version')
  })

  test('E2, P11: what two people did offline survives the end of their apps and of the server, and adds up', async () => {
    await rest(stage.server.url, 'PUT', '/v1/records/items/S-2', { name: 'Bolt', stock: 10 })
    for (const file of ['one', 'two']) {
      const online = await stage.app(file)
      const item = online.record('items', 'S-2')
      await item.current()
      expect(item.fields.stock).toBe(10)
      await online.close()
    }
    await stage.server.kill()
    for (const file of ['one', 'two']) {
      const offline = await stage.app(file)
      const item = offline.record('items', 'S-2')
      expect(item.fields).toEqual({ name: 'Bolt', stock: 10 })
      item.change((draft) => draft.stock.decrement(3))
      await item.change((draft) => draft.stock.decrement()).saved
      expect(item.fields.stock).toBe(6)
      await offline.close()
    }
    await stage.server.start()
    const [one, two] = [await stage.app('one'), await stage.app('two')]
    expect(one.record('items', 'S-2').fields.stock).toBe(6)
    await Promise.all([one.durable(), two.durable()])
    expect(await fieldsOf('items', 'S-2')).toEqual({ name: 'Bolt', stock: 2 })
    const item = two.record('items', 'S-2')
    await until(() => item.fields.stock === 2, 'it shows what the server has')
    await Promise.all([one.close(), two.close()])
  })

  test('P11: overselling by two who did not see each other is held, and the one whose sale it is is told', async () => {
    await rest(stage.server.url, 'PUT', '/v1/records/items/S-3', { name: 'Nut', stock: 3 })
    const anna = await stage.app()
    const item = anna.record('items', 'S-3')
    await item.current()
    const form = item.form()
    await rest(stage.server.url, 'PATCH', '/v1/records/items/S-3', { stock: { $increment: -2 } })
    const sold = await form.submit((draft) => draft.stock.decrement(2)).settled
    expect(sold).toMatchObject({ status: 'held' })
    expect(item.fields.stock).toBe(1)
    expect(item.changes).toMatchObject([{ id: sold.id, status: 'held' }])
  })

  test('C4, C5: a held value is decided offline, and the decision arrives', async () => {
    await rest(stage.server.url, 'PUT', '/v1/records/patients/S-4', { name: 'P', diagnosis: 'flu' })
    let anna = await stage.app('doctor')
    let patient = anna.record('patients', 'S-4')
    await patient.current()
    const form = patient.form()
    await rest(stage.server.url, 'PATCH', '/v1/records/patients/S-4', { diagnosis: 'cold' })
    await until(() => form.changedMeanwhile.includes('diagnosis'), 'the form knows')
    const held = await form.submit((draft) => {
      draft.diagnosis = 'angina'
    }).settled
    expect(held.fields.diagnosis).toMatchObject({ outcome: 'held' })
    expect(patient.fields.diagnosis).toBe('cold')
    expect(patient.conflicts).toMatchObject([
      { base: 'flu', incumbent: { value: 'cold' }, challengers: [{ value: 'angina' }], mayResolve: true },
    ])
    anna.disconnect()
    const [conflict] = patient.conflicts
    void patient.resolve(conflict?.id ?? '', { choose: conflict?.challengers[0]?.id ?? '', note: 'by x-ray' })
    await anna.close()
    anna = await stage.app('doctor')
    patient = anna.record('patients', 'S-4')
    await anna.durable()
    await until(() => patient.conflicts.length === 0, 'the conflict is closed')
    expect(patient.fields.diagnosis).toBe('angina')
    expect(patient.changes).toMatchObject([{ status: 'applied' }])
    await anna.close()
  })

  test('P6: a change that breaks a rule is rejected, taken off the screen, and written again on demand', async () => {
    const anna = await stage.app()
    const order = anna.record('orders', 'S-5')
    await order.create({}).settled
    const change = order.change((draft) => {
      draft.price = 5
    })
    expect(order.fields.price).toBe(5)
    expect(await change.settled).toMatchObject({ status: 'rejected', refusal: { code: 'not_writable' } })
    expect(order.fields.price).toBeNull()
    const [lost] = order.changes
    const again = order.restoreMine(lost?.id ?? '', { metadata: { approvedBy: 'eve' } })
    expect(await again.settled).toMatchObject({ status: 'applied' })
    expect(order.fields.price).toBe(5)
    expect(order.changes).toEqual([])
  })

  test('R4: an app of an older version keeps what it does not know, and one of a newer shows it', async () => {
    await rest(stage.server.url, 'PUT', '/v1/records/tickets/S-6', { title: 'Old', status: 'done' })
    const old = defineConfig({ schema: { tickets: collection({ title: s.string() }) } })
    const store = stage.store('versions')
    const before = await connect(stage.server.url, { schema: old, WebSocket, store })
    const ticket = before.record('tickets', 'S-6')
    await ticket.current()
    before.disconnect()
    await ticket.change((draft) => {
      draft.title = 'New'
    }).saved
    await before.close()
    const after = stage.closing(await connect(stage.server.url, { schema: config, WebSocket, store }))
    expect(after.record('tickets', 'S-6').fields).toMatchObject({ title: 'New', status: 'done' })
    await after.durable()
    expect(await fieldsOf('tickets', 'S-6')).toMatchObject({ title: 'New', status: 'done' })
  })
})

describe('texts', () => {
  test('K7: what is typed offline is stored, arrives, and is called durable when it is', async () => {
    let anna = await stage.app('writer')
    let text = await openText(anna, 'articles', 'S-7')
    await until(() => text.status.name === 'durable', 'the text is open')
    anna.disconnect()
    text.doc.getText('body').insert(0, 'Hello ')
    text.doc.getText('body').insert(6, 'world')
    await text.saved
    await text.close()
    await anna.close()

    anna = await stage.app('writer')
    text = await openText(anna, 'articles', 'S-7')
    expect(text.doc.getText('body').toString()).toBe('Hello world')
    await text.durable()
    const ben = await openText(await stage.app(), 'articles', 'S-7')
    await until(() => ben.doc.getText('body').toString() === 'Hello world', 'the other sees it')
    ben.doc.getText('body').delete(0, 6)
    await until(() => text.doc.getText('body').toString() === 'world', 'both ways')
    await ben.durable()
    text.awareness.setLocalStateField('user', { name: 'Anna' })
    await until(
      () => [...ben.awareness.getStates().values()].some((state) => state.user?.name === 'Anna'),
      'he sees that she is there',
    )
    const { clientID } = text.doc
    await text.close()
    await until(() => !ben.awareness.getStates().has(clientID), 'he sees that she left')
    await ben.close()
    await anna.close()
  })

  test('K15: a text that has gone wrong in memory is found out, and is right when it is opened again', async () => {
    const [anna, ben] = [await stage.app('careful'), await stage.app('broken')]
    const hers = await openText(anna, 'articles', 'S-8')
    await until(() => hers.status.name === 'durable', 'the text is open')
    hers.doc.getText('body').insert(0, 'five')
    await hers.durable()
    let his = await openText(ben, 'articles', 'S-8')
    await until(() => his.doc.getText('body').toString() === 'five', 'he has it')
    const { _start: item } = his.doc.getText('body')
    if (item?.content instanceof Y.ContentString) item.content.str = 'nine'
    hers.doc.getText('body').insert(4, ' mg')
    await until(() => his.status.name === 'diverged', 'the server has said what it shows')
    expect(his.doc.getText('body').toString()).toBe('nine mg')
    expect(hers.status.name).toBe('durable')
    await his.close()
    his = await openText(ben, 'articles', 'S-8')
    await until(() => his.doc.getText('body').toString() === 'five mg', 'he has it as it is')
    for (const text of [hers, his]) await text.close()
    for (const app of [anna, ben]) await app.close()
  })
})
