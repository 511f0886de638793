// The upload door through PowerSync's own client: its local database, its queue, the connector of `sluice/powersync`.
import { readFileSync } from 'node:fs'
import Database from 'better-sqlite3'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { AnswerRelay } from '../support/answer-relay.ts'
import { PowerSyncClient, powerSyncServer } from '../support/powersync-client.ts'
import { as, rest } from '../support/rest-client.ts'
import type { ServerProcess } from '../support/server-process.ts'

let server: ServerProcess
beforeAll(async () => {
  server = await powerSyncServer()
})
afterAll(() => server[Symbol.asyncDispose]())

const client = (token = 'ann', sluiceUrl = server.url): Promise<PowerSyncClient> =>
  PowerSyncClient.open({ sluiceUrl, token })

const create = (fields: Readonly<Record<string, unknown>> & { readonly id: string }): Promise<unknown> =>
  rest(server.url, 'POST', '/v1/records/items', fields, as('boss'))

async function fieldsOf(id: string): Promise<Readonly<Record<string, unknown>>> {
  return (await rest(server.url, 'GET', `/v1/records/items/${id}`)).body.fields
}

/** The row of the projected table. */
function rowOf(id: string): unknown {
  const database = new Database(server.databaseFile, { readonly: true })
  const row = database.prepare('SELECT * FROM items WHERE id = ?').get(id)
  database.close()
  return row
}

interface LogLine {
  readonly collection: string
  readonly field: string
  readonly newValue: unknown
  readonly reason: string
  readonly metadata: unknown
}

/** Newest first. */
async function logOf(record: string, query = ''): Promise<readonly LogLine[]> {
  return (await rest(server.url, 'GET', `/v1/changes?record=${record}${query}`)).body.items
}

describe('two clients that were offline', () => {
  test('P1: both edit another field of one row, and both edits stand', async () => {
    await create({ id: 'p1', name: 'Bolt', price: 1 })
    await using ann = await client('ann')
    await using bob = await client('bob')
    for (const one of [ann, bob]) await one.download('items', 'p1', { name: 'Bolt', price: 1 })
    await ann.write("UPDATE items SET name = 'Bolt M8' WHERE id = 'p1'")
    await bob.write("UPDATE items SET price = 1.25 WHERE id = 'p1'")
    await ann.upload()
    await bob.upload()
    expect(await fieldsOf('p1')).toMatchObject({ name: 'Bolt M8', price: 1.25 })
    expect(rowOf('p1')).toMatchObject({ name: 'Bolt M8', price: 1.25 })
    expect([...ann.told, ...bob.told]).toEqual([])
  })

  test('P11: both sell from one stock, and both sales count, also under one account', async () => {
    await create({ id: 'p11', name: 'Nut', stock: 10 })
    // Two phones of one clerk on which the same thing happens: everything that they send is the same.
    await using phone = await client('clerk')
    await using tablet = await client('clerk')
    for (const one of [phone, tablet]) {
      await one.download('items', 'p11', { name: 'Nut', stock: 10 })
      await one.write("UPDATE items SET stock = stock - 1 WHERE id = 'p11'")
    }
    await using till = await client('cashier')
    await till.download('items', 'p11', { name: 'Nut', stock: 10 })
    await till.transact(
      "UPDATE items SET stock = stock - 2 WHERE id = 'p11'",
      "UPDATE items SET stock = stock + 5 WHERE id = 'p11'",
    )
    await Promise.all([phone.upload(), tablet.upload(), till.upload()])
    expect((await fieldsOf('p11')).stock).toBe(11)
    expect(rowOf('p11')).toMatchObject({ stock: 11 })
  })
})

describe('an answer that is lost', () => {
  test('P13: has the transaction sent again, which has no second effect', async () => {
    await create({ id: 'p13', name: 'Nut', stock: 10 })
    await using relay = await AnswerRelay.to(server.url)
    await using ann = await client('ann', relay.url)
    await ann.download('items', 'p13', { name: 'Nut', stock: 10 })
    await ann.transact(
      "UPDATE items SET stock = stock - 3 WHERE id = 'p13'",
      "UPDATE items SET stock = stock - 1, name = 'Wing nut' WHERE id = 'p13'",
    )
    relay.losing = 2
    await expect(ann.upload()).rejects.toThrow()
    await expect(ann.upload()).rejects.toThrow()
    expect(await ann.queueLength()).toBe(2)
    await ann.reopen()
    await ann.upload()
    expect(relay.statuses).toEqual([200, 200, 200])
    expect(await fieldsOf('p13')).toMatchObject({ stock: 6, name: 'Wing nut' })
    const sales = await logOf('p13')
    expect(sales.filter(({ field }) => field === 'stock')).toHaveLength(3)
  })

  test('P13: does not keep a rejection from the user', async () => {
    await using relay = await AnswerRelay.to(server.url)
    await using ann = await client('ann', relay.url)
    await ann.write("INSERT INTO ghosts(id, name) VALUES ('lost', 'Casper')")
    relay.losing = 1
    await expect(ann.upload()).rejects.toThrow()
    await ann.upload()
    expect(ann.told).toMatchObject([{ status: 'duplicate', error: { code: 'unknown_collection' } }])
    expect(await logOf('lost')).toHaveLength(1)
  })
})

describe('P8, P14: what can never be written', () => {
  test('holds up nothing, is logged with its reason, and is told', async () => {
    await using ann = await client()
    await ann.transact(
      "INSERT INTO items(id, name, price) VALUES ('p8', 'Bolt', 1)",
      "INSERT INTO ghosts(id, name) VALUES ('p8', 'Casper')",
      "UPDATE items SET price = 'dear', name = 'Bolt M8' WHERE id = 'p8'",
      "INSERT INTO orders(id, status) VALUES ('p8', 'eaten')",
      "UPDATE items SET notes = 'not this way' WHERE id = 'p8'",
      "UPDATE items SET soldAt = '2026-03-01 09:30:00' WHERE id = 'p8'",
    )
    await ann.download('items', 'p8-missing', { name: 'Gone' })
    await ann.write("UPDATE items SET name = 'Nobody' WHERE id = 'p8-missing'")
    await ann.write("UPDATE items SET stock = 4 WHERE id = 'p8'")
    await ann.upload()

    expect(await ann.queueLength()).toBe(0)
    expect(await fieldsOf('p8')).toMatchObject({
      name: 'Bolt M8',
      price: 1,
      stock: 4,
      soldAt: '2026-03-01T09:30:00.000Z',
    })
    const rejected = [...(await logOf('p8', '&outcome=rejected'))].reverse()
    expect(rejected.map(({ collection, field, newValue }) => [collection, field, newValue])).toEqual([
      ['ghosts', 'name', 'Casper'],
      ['items', 'price', 'dear'],
      ['orders', 'status', 'eaten'],
      ['items', 'notes', 'not this way'],
    ])
    expect(rejected.map(({ reason }) => reason)).toEqual([
      expect.stringContaining('no collection "ghosts"'),
      expect.stringContaining('price'),
      expect.stringContaining('status'),
      expect.stringContaining('text'),
    ])
    expect(await logOf('p8-missing', '&outcome=rejected')).toMatchObject([
      { field: 'name', newValue: 'Nobody', reason: 'there is no such record' },
    ])
    expect(ann.told.map(({ status, error }) => [status, error?.code])).toEqual([
      ['rejected', 'unknown_collection'],
      ['rejected', 'invalid_value'],
      ['rejected', 'invalid_value'],
      ['rejected', expect.any(String)],
      ['rejected', 'not_found'],
    ])
  })
})

describe('a write', () => {
  test('P12: carries its metadata to the change log, and does not without it', async () => {
    await using ann = await client()
    await ann.write("INSERT INTO items(id, name, _metadata) VALUES ('p12', 'Bolt', 'scanned')")
    await ann.write(
      "UPDATE items SET name = 'Nut', _metadata = ? WHERE id = 'p12'",
      JSON.stringify({ reason: 'typo', till: 7 }),
    )
    await ann.write("UPDATE items SET name = 'Bolt' WHERE id = 'p12'")
    await ann.upload()
    expect((await logOf('p12')).map(({ metadata }) => metadata)).toEqual([
      {},
      { reason: 'typo', till: 7 },
      { message: 'scanned' },
    ])
  })

  test('with an integer of 64 bits is exact or rejected, and never rounded', async () => {
    await using ann = await client()
    await ann.write("INSERT INTO items(id, name, serial) VALUES ('int', 'Bolt', 9007199254740993)")
    await ann.write(
      "UPDATE items SET serial = 9223372036854775807, amount = 9007199254740993 WHERE id = 'int'",
    )
    await ann.write("UPDATE items SET stock = 9007199254740993 WHERE id = 'int'")
    // The queue's own reading has rounded it already.
    expect((await ann.database.getNextCrudTransaction())?.crud[0]?.opData?.serial).toBe(9007199254740992)
    await ann.upload()
    expect(await fieldsOf('int')).toMatchObject({ serial: '9223372036854775807', amount: null, stock: 0 })
    expect([...(await logOf('int'))].reverse()).toMatchObject([
      { field: 'name' },
      { field: 'serial', newValue: '9007199254740993', outcome: 'applied' },
      { field: 'serial', newValue: '9223372036854775807', outcome: 'applied' },
      { field: 'amount', newValue: '9007199254740993', outcome: 'rejected' },
      { field: 'stock', newValue: '9007199254740993', outcome: 'rejected' },
    ])
  })

  test('of 0 and 1, of null and of JSON text becomes what the field holds, if it can be', async () => {
    await using ann = await client()
    await ann.write(
      'INSERT INTO items(id, name, live, price, tags, stock) VALUES (?, ?, ?, ?, ?, ?)',
      ...['kinds', 'Bolt', 1, null, '["steel","m8"]', 5],
    )
    await ann.upload()
    expect(await fieldsOf('kinds')).toMatchObject({
      live: true,
      price: null,
      tags: ['m8', 'steel'],
      stock: 5,
    })
    await ann.write("UPDATE items SET live = 0, name = NULL, price = 2.5 WHERE id = 'kinds'")
    await ann.upload()
    expect(await fieldsOf('kinds')).toMatchObject({ name: 'Bolt', live: false, price: 2.5 })
    expect(ann.told.map(({ error }) => error?.message)).toEqual(['name is required'])
    expect(rowOf('kinds')).toMatchObject({ live: 0, price: 2.5 })
  })

  test('deletes a row and creates it anew under the same id, in one transaction', async () => {
    await using ann = await client()
    await ann.write("INSERT INTO items(id, name, price, stock) VALUES ('anew', 'Bolt', 3, 7)")
    await ann.transact(
      "DELETE FROM items WHERE id = 'anew'",
      "INSERT INTO items(id, name, live) VALUES ('anew', 'Nut', 1)",
    )
    await ann.upload()
    expect(await fieldsOf('anew')).toMatchObject({ name: 'Nut', live: true, price: null, stock: 0 })
    await ann.write("DELETE FROM items WHERE id = 'anew'")
    await ann.upload()
    expect((await rest(server.url, 'GET', '/v1/records/items/anew')).status).toBe(404)
    expect(ann.told).toEqual([])
  })
})

test('docs/UPLOAD.md shows the connector that is run here', () => {
  const text = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')
  const shown = /```ts\n(\/\*\*.*?)```/s.exec(text('docs/UPLOAD.md'))?.[1] ?? 'nothing'
  const lines = (source: string): string => source.replace(/^ +/gm, '')
  expect(lines(text('client/powersync/sluice-connector.ts'))).toContain(lines(shown))
})
