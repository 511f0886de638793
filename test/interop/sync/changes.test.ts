// Changes through the sync door of the real program: where they are placed, what they are answered, and when.
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { rest } from '../../support/rest-client.ts'
import { ServerProcess } from '../../support/server-process.ts'
import { changeOf, SyncWire, set } from '../../support/sync-wire.ts'
import { until } from '../../support/until.ts'

let server: ServerProcess
beforeAll(async () => {
  server = await ServerProcess.start({
    SLUICE_CONFIG: fileURLToPath(new URL('../../acceptance/sluice.config.ts', import.meta.url)),
  })
})
afterAll(() => server[Symbol.asyncDispose]())

const read = async (collection: string, id: string) =>
  (await rest(server.url, 'GET', `/v1/records/${collection}/${id}`)).body
const put = async (collection: string, id: string, fields: object) =>
  (await rest(server.url, 'PUT', `/v1/records/${collection}/${id}`, fields)).body
const patch = async (collection: string, id: string, fields: object) =>
  (await rest(server.url, 'PATCH', `/v1/records/${collection}/${id}`, fields)).body

describe('K3: where a change is placed', () => {
  test('one made on an old version competes with what has been written since; one made on the newest does not', async () => {
    using wire = await SyncWire.open(server.socketUrl)
    await put('patients', 'K3-1', { diagnosis: 'flu' })
    const { version } = await wire.record('patients', 'K3-1')
    await patch('patients', 'K3-1', { diagnosis: 'cold' })
    const held = await wire.change({
      collection: 'patients',
      recordId: 'K3-1',
      ops: [set('diagnosis', 'angina')],
      seen: version,
    })
    expect(held).toMatchObject({ status: 'done', fields: { diagnosis: { outcome: 'held' } } })
    const now = await wire.record('patients', 'K3-1')
    expect(now.conflicts).toMatchObject([
      { base: 'flu', inForce: 'cold', incumbent: { value: 'cold' }, challengers: [{ value: 'angina' }] },
    ])
    expect(now.fields.diagnosis).toBe('cold')

    await put('patients', 'K3-2', { diagnosis: 'flu' })
    const newest = (await wire.record('patients', 'K3-2')).version
    const seenAll = {
      collection: 'patients',
      recordId: 'K3-2',
      ops: [set('diagnosis', 'cold')],
      seen: newest,
    }
    expect(await wire.change(seenAll)).toMatchObject({ fields: { diagnosis: { outcome: 'applied' } } })
  })

  test('changes made in a row offline build on each other, though their author knows one version only', async () => {
    using wire = await SyncWire.open(server.socketUrl)
    await put('patients', 'K3-3', { diagnosis: 'flu' })
    const { version: seen } = await wire.record('patients', 'K3-3')
    const base = { collection: 'patients', recordId: 'K3-3', seen }
    const first = changeOf({ ...base, ops: [set('diagnosis', 'cold')] })
    const second = changeOf({ ...base, ops: [set('diagnosis', 'angina')], after: [first.id] })
    const third = changeOf({ ...base, ops: [set('diagnosis', 'cough')], after: [second.id, first.id] })
    for (const change of [first, second, third]) wire.send({ type: 'change', change })
    for (const { id } of [first, second, third])
      expect(await wire.resultOf(id)).toMatchObject({ fields: { diagnosis: { outcome: 'applied' } } })
    // Without naming them, the fourth is one that had seen none of his own.
    const fourth = await wire.change({ ...base, ops: [set('diagnosis', 'fever')] })
    expect(fourth).toMatchObject({ fields: { diagnosis: { outcome: 'held' } } })
  })

  test('also in separate commits, over a reconnect, and beside what others wrote meanwhile', async () => {
    await put('patients', 'K3-4', { diagnosis: 'flu' })
    const wire = await SyncWire.open(server.socketUrl)
    const { version: seen } = await wire.record('patients', 'K3-4')
    const base = { collection: 'patients', recordId: 'K3-4', seen }
    const first = changeOf({ ...base, ops: [set('heartRate', 60)] })
    wire.send({ type: 'change', change: first })
    await wire.resultOf(first.id)
    wire.close()
    await patch('patients', 'K3-4', { diagnosis: 'cold' })
    using again = await SyncWire.open(server.socketUrl)
    const next = { ...base, after: [first.id] }
    const pulse = await again.change({ ...next, ops: [set('heartRate', 70)] })
    expect(pulse).toMatchObject({ fields: { heartRate: { outcome: 'applied' } } })
    const late = await again.change({ ...next, ops: [set('diagnosis', 'angina')] })
    expect(late).toMatchObject({ fields: { diagnosis: { outcome: 'held' } } })
  })

  test('a record is created, changed, deleted and created again offline, and two who create the same compete', async () => {
    using ada = await SyncWire.open(server.socketUrl)
    const base = { collection: 'patients', recordId: 'K3-5' }
    const made = changeOf({ ...base, intent: 'upsert', ops: [set('name', 'Ada'), set('diagnosis', 'flu')] })
    const more = changeOf({ ...base, ops: [set('name', 'Ada L.')], after: [made.id] })
    const gone = changeOf({ ...base, intent: 'delete', after: [more.id, made.id] })
    const back = changeOf({
      ...base,
      intent: 'create',
      ops: [set('name', 'Ada K.'), set('diagnosis', 'cold')],
      after: [gone.id, more.id, made.id],
    })
    for (const change of [made, more, gone, back]) ada.send({ type: 'change', change })
    for (const { id } of [made, more, gone, back]) expect((await ada.resultOf(id)).status).toBe('done')
    expect((await read('patients', 'K3-5')).fields).toMatchObject({ name: 'Ada K.', diagnosis: 'cold' })
    // Somebody who had seen nothing of it either.
    const bob = await ada.change({ ...base, intent: 'upsert', ops: [set('diagnosis', 'angina')] })
    expect(bob).toMatchObject({ fields: { diagnosis: { outcome: 'held' } } })
    expect((await read('patients', 'K3-5')).fields.diagnosis).toBe('cold')
  })

  test('a change of his own that was refused counts for nothing, and the next one goes on before it', async () => {
    using wire = await SyncWire.open(server.socketUrl)
    await put('patients', 'K3-6', { diagnosis: 'flu' })
    const { version: seen } = await wire.record('patients', 'K3-6')
    const base = { collection: 'patients', recordId: 'K3-6', seen }
    const first = changeOf({ ...base, ops: [set('diagnosis', 'cold')] })
    const wrong = changeOf({ ...base, ops: [set('heartRate', 'fast')], after: [first.id] })
    const third = changeOf({ ...base, ops: [set('diagnosis', 'cough')], after: [wrong.id, first.id] })
    for (const change of [first, wrong, third]) wire.send({ type: 'change', change })
    expect(await wire.resultOf(wrong.id)).toMatchObject({ status: 'refused', code: 'invalid_value' })
    expect(await wire.resultOf(third.id)).toMatchObject({ fields: { diagnosis: { outcome: 'applied' } } })
  })

  test('the version that is answered may be named by the next change; * is whatever is in force', async () => {
    using wire = await SyncWire.open(server.socketUrl)
    const base = { collection: 'invoices', recordId: 'K3-7' }
    const made = await wire.change({ ...base, intent: 'create', ops: [set('amount', 1)] })
    if (made.status !== 'done') throw new Error('refused')
    // The collection refuses whatever is not based on the newest version.
    const next = await wire.change({ ...base, ops: [set('amount', 2)], seen: made.version })
    expect(next).toMatchObject({ status: 'done', fields: { amount: { outcome: 'applied' } } })
    const stale = await wire.change({ ...base, ops: [set('amount', 3)], seen: made.version })
    expect(stale).toMatchObject({ status: 'refused', code: 'stale_version' })
    await put('patients', 'K3-8', { diagnosis: 'flu' })
    const blind = { collection: 'patients', recordId: 'K3-8', ops: [set('diagnosis', 'cold')] }
    expect(await wire.change({ ...blind, seen: '*' })).toMatchObject({
      fields: { diagnosis: { outcome: 'applied' } },
    })
    const strict = { ...blind, strict: true, seen: (await wire.record('patients', 'K3-8')).version }
    await patch('patients', 'K3-8', { name: 'Bo' })
    expect(await wire.change(strict)).toMatchObject({ status: 'refused', code: 'stale_version' })
  })
})

describe('K5: what a change is answered', () => {
  test('one that is sent again is carried out once and gets its first answer, also after a crash', async () => {
    const wire = await SyncWire.open(server.socketUrl)
    await put('items', 'K5-1', { name: 'nail', stock: 10 })
    const sale = changeOf({
      collection: 'items',
      recordId: 'K5-1',
      ops: [{ type: 'increment', field: 'stock', amount: -3 }],
      seen: '*',
    })
    wire.send({ type: 'change', change: sale })
    wire.send({ type: 'change', change: sale })
    const first = await wire.resultOf(sale.id)
    await until(() => wire.heard.filter(({ type }) => type === 'changed').length === 2, 'two answers')
    wire.close()
    await server.restart()
    using again = await SyncWire.open(server.socketUrl)
    again.send({ type: 'change', change: sale })
    expect(await again.resultOf(sale.id)).toEqual(first)
    expect(first).toMatchObject({ status: 'done', fields: { stock: { outcome: 'applied' } } })
    expect((await read('items', 'K5-1')).fields.stock).toBe(7)
    again.heard.length = 0
    again.send({ type: 'change', change: { ...sale, ops: [set('name', 'screw')] } })
    expect(await again.resultOf(sale.id)).toMatchObject({ status: 'refused', code: 'reused_key' })
  })

  test('a refusal is an answer: what cannot be understood or done holds up nothing behind it', async () => {
    using wire = await SyncWire.open(server.socketUrl)
    const good = changeOf({
      collection: 'items',
      recordId: 'K5-2',
      intent: 'create',
      ops: [set('name', 'a')],
    })
    const bad = [
      [changeOf({ collection: 'nowhere', recordId: 'x' }), 'unknown_collection'],
      [changeOf({ collection: 'items', recordId: 'a/b' }), 'bad_request'],
      [changeOf({ collection: 'items', recordId: 'K5-9' }), 'not_found'],
      [{ ...good, id: 'strange-1', ops: [{ type: 'set', field: 'name' }] } as never, 'bad_request'],
      [{ ...good, id: 'strange-2', surplus: 1 } as never, 'bad_request'],
      [changeOf({ ...good, id: 'lost', seen: 'no.version' }), 'unknown_version'],
      [changeOf({ ...good, id: 'large', metadata: { note: 'x'.repeat(5_000) } }), 'bad_request'],
    ] as const
    for (const [change] of bad) wire.send({ type: 'change', change })
    wire.send({ type: 'change', change: good })
    for (const [{ id }, code] of bad)
      expect(await wire.resultOf(id)).toMatchObject({ status: 'refused', code })
    expect(await wire.resultOf(good.id)).toMatchObject({ status: 'done' })
  })

  test('metadata, device and the time of the edit reach the log', async () => {
    using wire = await SyncWire.open(server.socketUrl, null, 'ipad-7')
    const claimedAt = '2026-01-02T03:04:05.000Z'
    const change = {
      collection: 'items',
      recordId: 'K5-3',
      intent: 'create',
      ops: [set('name', 'a')],
    } as const
    await wire.change({ ...change, metadata: { reason: 'stock-taking' }, claimedAt })
    const { body } = await rest(server.url, 'GET', '/v1/records/items/K5-3/history')
    expect(body.items[0]).toMatchObject({
      door: 'sync',
      metadata: { device: 'ipad-7', reason: 'stock-taking' },
      claimedAt,
    })
  })

  test('K4: what a change has made of the record is told before the change is answered', async () => {
    using wire = await SyncWire.open(server.socketUrl)
    await put('items', 'K4-1', { name: 'a', stock: 0 })
    wire.openRecord('items', 'K4-1')
    const changes = Array.from({ length: 50 }, () =>
      changeOf({
        collection: 'items',
        recordId: 'K4-1',
        ops: [{ type: 'increment', field: 'stock', amount: 1 }],
        seen: '*',
      }),
    )
    for (const change of changes) wire.send({ type: 'change', change })
    for (const { id } of changes) await wire.resultOf(id)
    let shown = -1
    let answered = 0
    for (const message of wire.heard) {
      if (message.type === 'record.state') shown = Number(message.record.fields.stock)
      if (message.type !== 'changed') continue
      answered += 1
      expect(shown).toBeGreaterThanOrEqual(answered)
    }
    expect([shown, answered]).toEqual([50, 50])
  })
})
