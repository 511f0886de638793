// What becomes of a PowerSync client's queue when the server is away, refuses, or cannot take so much at once.
import Database from 'better-sqlite3'
import { SignJWT } from 'jose'
import { expect, test } from 'vitest'
import { AnswerRelay } from '../support/answer-relay.ts'
import { PowerSyncClient, powerSyncServer } from '../support/powersync-client.ts'
import { rest } from '../support/rest-client.ts'
import { SyncService } from '../support/sync-service.ts'
import { until } from '../support/until.ts'

test('F8, E2: the queue outlives the app, and is uploaded in order', async () => {
  await using server = await powerSyncServer()
  await server.kill()
  await using ann = await PowerSyncClient.open({ sluiceUrl: server.url })
  await ann.write("INSERT INTO items(id, name, stock) VALUES ('i1', 'a', 1)")
  await ann.write("UPDATE items SET name = 'b', stock = 2 WHERE id = 'i1'")
  await expect(ann.upload()).rejects.toThrow()
  await ann.reopen()
  await ann.write("UPDATE items SET name = 'c' WHERE id = 'i1'")
  await ann.write("DELETE FROM items WHERE id = 'i1'")
  await expect(ann.upload()).rejects.toThrow()
  await ann.reopen()
  await ann.write("INSERT INTO items(id, name, stock) VALUES ('i1', 'd', 9)")
  expect(await ann.queueLength()).toBe(5)
  await server.start()
  await ann.upload()
  const { body } = await rest(server.url, 'GET', '/v1/changes?record=i1')
  const names = body.items.filter(({ field }: { field: string }) => field === 'name').reverse()
  expect(names.map(({ newValue }: { newValue: unknown }) => newValue)).toEqual(['a', 'b', 'c', 'd'])
  expect((await rest(server.url, 'GET', '/v1/records/items/i1')).body.fields).toMatchObject({
    name: 'd',
    stock: 9,
  })
})

test("F6: the SDK's own loop repeats while the server is away or answers 503, and does not after a rejection", async () => {
  await using server = await powerSyncServer()
  await using service = await SyncService.start()
  await using relay = await AnswerRelay.to(server.url)
  await using ann = await PowerSyncClient.open({ sluiceUrl: relay.url, powersyncUrl: service.url })
  await server.kill()
  await ann.connect()
  await ann.write("INSERT INTO items(id, name, stock) VALUES ('f6', 'Bolt', 5)")
  await ann.transact(
    "INSERT INTO ghosts(id, name) VALUES ('f6', 'Casper')",
    "UPDATE items SET stock = stock - 2, price = 'dear' WHERE id = 'f6'",
  )
  await ann.write("UPDATE items SET name = 'Nut' WHERE id = 'f6'")
  await until(() => relay.statuses.length >= 2, 'a second attempt')
  expect(ann.database.currentStatus.uploadError).toBeDefined()
  expect(await ann.queueLength()).toBe(4)

  await server.start()
  await until(async () => (await ann.queueLength()) === 0, 'an empty queue')
  await until(() => ann.database.currentStatus.uploadError === undefined, 'the end of the error')
  expect(relay.statuses.filter((status) => status !== 0)).toEqual([200, 200, 200])
  expect(ann.told.map(({ status }) => status)).toEqual(['rejected', 'rejected'])

  // The store cannot be written: another program has locked its file.
  const intruder = new Database(server.databaseFile)
  intruder.exec('BEGIN IMMEDIATE')
  const stuck = rest(server.url, 'PUT', '/v1/records/items/other', { name: 'Other' })
  await until(async () => (await rest(server.url, 'GET', '/readyz')).status === 503, 'a failing store')
  await ann.write("UPDATE items SET stock = stock - 1 WHERE id = 'f6'")
  await until(() => relay.statuses.includes(503), 'an answer of 503')
  expect(await ann.queueLength()).toBe(1)
  intruder.exec('ROLLBACK')
  intruder.close()
  await stuck
  await until(async () => (await ann.queueLength()) === 0, 'an empty queue')
  expect((await rest(server.url, 'GET', '/v1/records/items/f6')).body.fields).toMatchObject({
    name: 'Nut',
    stock: 2,
  })
})

test('F6: a bad token is an error that the app can see, and a good one uploads what has waited', async () => {
  const secret = 'a secret of at least thirty-two characters'
  await using server = await powerSyncServer({ SLUICE_JWT_SECRET: secret })
  const sign = (expires: string): Promise<string> =>
    new SignJWT({ sub: 'ann' })
      .setProtectedHeader({ alg: 'HS256' })
      .setExpirationTime(expires)
      .sign(new TextEncoder().encode(secret))
  const [stale, fresh] = await Promise.all([sign('1 hour ago'), sign('1 hour')])
  await using service = await SyncService.start()
  await using ann = await PowerSyncClient.open({
    sluiceUrl: server.url,
    powersyncUrl: service.url,
    token: stale,
  })
  await ann.connect()
  await ann.write("INSERT INTO items(id, name) VALUES ('auth', 'Bolt')")
  const error = await until(() => ann.database.currentStatus.uploadError, 'an upload error')
  expect(error.message).toContain('401')
  expect(await ann.queueLength()).toBe(1)
  ann.token = fresh
  await until(async () => (await ann.queueLength()) === 0, 'an empty queue')
  const { body } = await rest(server.url, 'GET', '/v1/changes?record=auth', undefined, {
    authorization: `Bearer ${fresh}`,
  })
  expect(body.items).toMatchObject([{ author: 'ann', newValue: 'Bolt' }])
})

test('a transaction that is too large for one request is uploaded in parts, but for a write that is alone', async () => {
  await using server = await powerSyncServer({ SLUICE_BODY_BYTES_MAX: '2000' })
  await using ann = await PowerSyncClient.open({ sluiceUrl: server.url })
  const row = (id: number, name: string): string =>
    `INSERT INTO items(id, name) VALUES ('big${id}', '${name}')`
  await ann.transact(
    ...Array.from({ length: 40 }, (_, index) => row(index, 'Bolt')),
    row(40, 'x'.repeat(3000)),
    row(41, 'Nut'),
  )
  await ann.upload()
  const { body } = await rest(server.url, 'GET', '/v1/records/items?limit=100')
  expect(body.items).toHaveLength(41)
  expect(ann.told).toMatchObject([{ id: 'big40', error: { code: 'too_large' } }])
})
