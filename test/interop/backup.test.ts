// `sluice backup` while people write, `sluice restore`, and what becomes of clients that were ahead of the backup.
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { EventReader } from '../support/event-stream.ts'
import { RepoClient } from '../support/repo-client.ts'
import { as, rest } from '../support/rest-client.ts'
import { runCommand, startCommand } from '../support/run-command.ts'
import { ServerProcess } from '../support/server-process.ts'
import { SECRET, signToken } from '../support/sign-token.ts'
import { TextClient } from '../support/text-client.ts'
import { until } from '../support/until.ts'

const FILES = [
  'sluice-backup.json',
  'sluice-checkpoint-key.pem',
  'sluice-checkpoint-key.pub.pem',
  'sluice.db',
]

let server: ServerProcess
let folder: string
let backup: string
beforeEach(async () => {
  server = await ServerProcess.start()
  folder = mkdtempSync(join(tmpdir(), 'sluice-'))
  backup = join(folder, 'backup')
})
afterEach(async () => {
  await server[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true })
})

const put = (id: string, stock: number) =>
  rest(server.url, 'PUT', `/v1/records/items/${id}`, { name: id, stock })
const names = (): readonly string[] => readdirSync(folder).sort()

/** Writes one record after another until it is told to stop; keeps what was acknowledged. */
class Load {
  readonly acknowledged: string[] = []
  #isStopped = false
  readonly #ended: Promise<void>

  constructor(name: string) {
    this.#ended = this.#write(name)
  }

  async #write(name: string): Promise<void> {
    for (let n = 0; !this.#isStopped; n++) {
      const id = `${name}-${n}`
      if ((await put(id, n)).status === 201) this.acknowledged.push(id)
    }
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    await this.#ended
  }
}

test('W4: a backup that is made under load holds all that was acknowledged before, and no half of a commit', async () => {
  const loads = ['a', 'b', 'c'].map((name) => new Load(name))
  await until(() => loads.every(({ acknowledged }) => acknowledged.length > 10), 'some writes')
  const before = loads.flatMap(({ acknowledged }) => acknowledged)
  expect(await startCommand('backup', server.dataDir, [backup])).toMatchObject({ status: 0 })
  const after = loads.reduce((sum, { acknowledged }) => sum + acknowledged.length, 0)
  expect(after, 'writes went on meanwhile').toBeGreaterThan(before.length)
  for (const load of loads) await load.stop()
  expect(names()).toEqual(['backup'])
  expect(readdirSync(backup).sort()).toEqual(FILES)
  expect(statSync(join(backup, 'sluice-checkpoint-key.pem')).mode & 0o077).toBe(0)

  const dataDir = join(folder, 'elsewhere')
  expect(runCommand('restore', dataDir, [backup])).toMatchObject({ status: 0 })
  expect(runCommand('verify', dataDir).output).toMatch(/: 0 problems\n$/)
  await server.stop()
  expect(runCommand('restore', server.dataDir, [backup, '--force'])).toMatchObject({ status: 0 })
  await server.start()
  for (const id of before)
    expect((await rest(server.url, 'GET', `/v1/records/items/${id}`)).status, id).toBe(200)
})

test('a restore refuses what would do harm, and leaves everything as it was', async () => {
  await put('kept', 1)
  expect(runCommand('backup', server.dataDir, [backup])).toMatchObject({ status: 0 })
  expect(runCommand('backup', server.dataDir, [backup])).toMatchObject({
    status: 1,
    output: expect.stringContaining('is there already'),
  })
  const running = runCommand('restore', server.dataDir, [backup, '--force'])
  expect(running).toMatchObject({ status: 1, output: expect.stringContaining('Another Sluice server has') })
  await put('later', 2)
  await server.stop()
  const taken = runCommand('restore', server.dataDir, [backup])
  expect(taken).toMatchObject({ status: 1, output: expect.stringContaining('with --force it is set aside') })

  const bytes = readFileSync(join(backup, 'sluice.db'))
  const flipped = Buffer.from(bytes)
  flipped[bytes.length >> 1] = (flipped[bytes.length >> 1] ?? 0) ^ 1
  writeFileSync(join(backup, 'sluice.db'), flipped)
  const changed = runCommand('restore', server.dataDir, [backup, '--force'])
  expect(changed).toMatchObject({ status: 1, output: expect.stringContaining('is not what was backed up') })
  const none = runCommand('restore', server.dataDir, [folder, '--force'])
  expect(none).toMatchObject({ status: 1, output: expect.stringContaining('holds no backup') })

  await server.start()
  expect((await rest(server.url, 'GET', '/v1/records/items/later')).status).toBe(200)
})

test('with --force the store that was there is set aside whole, and can be restored by hand', async () => {
  await put('kept', 1)
  runCommand('backup', server.dataDir, [backup])
  await put('later', 2)
  // Killed, so that its newest commits are in the write-ahead log alone.
  await server.kill()
  const { status, output } = runCommand('restore', server.dataDir, [backup, '--force'])
  expect(status, output).toBe(0)
  const aside = /the store that was there is in (.*)/.exec(output)?.[1] ?? expect.fail(output)
  expect(runCommand('verify', aside).output).toMatch(/^verified 2 records, .*: 0 problems\n$/)
  await server.start()
  expect((await rest(server.url, 'GET', '/v1/records/items/kept')).status).toBe(200)
  expect((await rest(server.url, 'GET', '/v1/records/items/later')).status).toBe(404)
})

test('W12: what was revoked after the backup stays revoked after a restore', async () => {
  const settings = { SLUICE_JWT_SECRET: SECRET, SLUICE_REVOKER_ROLE: 'steward' }
  await using verified = await ServerProcess.start(settings)
  const steward = await signToken('root', { roles: ['steward'] })
  const [ada, bob] = [await signToken('ada'), await signToken('bob')]
  const statusOf = async (token: string): Promise<number> =>
    (await rest(verified.url, 'GET', '/v1/conflicts', undefined, as(token))).status
  runCommand('backup', verified.dataDir, [backup])
  await rest(verified.url, 'POST', '/v1/revocations', { subject: 'ada' }, as(steward))
  expect([await statusOf(ada), await statusOf(bob)]).toEqual([401, 200])
  await verified.kill()
  const { status, output } = runCommand('restore', verified.dataDir, [backup, '--force'])
  expect([status, output]).toEqual([
    0,
    expect.stringContaining('revocations that the backup did not have: 1'),
  ])
  await verified.start()
  expect([await statusOf(ada), await statusOf(bob)]).toEqual([401, 200])
})

test('a restore that was cut short lets no server start, and completes when it is run again', async () => {
  await put('kept', 1)
  runCommand('backup', server.dataDir, [backup])
  await put('later', 2)
  await server.stop()
  const mark = join(server.dataDir, 'sluice.db-restoring')
  writeFileSync(mark, 'replaced-then')
  await expect(server.start()).rejects.toThrow('was cut short')
  expect(runCommand('restore', server.dataDir, [backup])).toMatchObject({ status: 0 })
  expect(existsSync(mark)).toBe(false)
  expect(readdirSync(server.dataDir)).not.toContain('restoring')
  expect(readdirSync(join(server.dataDir, 'replaced-then'))).toContain('sluice.db')
  await server.start()
  expect((await rest(server.url, 'GET', '/v1/records/items/kept')).status).toBe(200)
})

test('S6: a reader who is ahead of a restored change log is told so, then and for ever', async () => {
  await put('one', 1)
  runCommand('backup', server.dataDir, [backup])
  const kept = await newest()
  for (const stock of [2, 3, 4]) await put('one', stock)
  const lost = await newest()
  await server.stop()
  runCommand('restore', server.dataDir, [backup, '--force'])
  await server.start()
  const follow = (position: number): Promise<Response> =>
    fetch(`${server.url}/v1/changes`, {
      headers: { accept: 'text/event-stream', 'last-event-id': String(position) },
    })
  const refused = { status: 410, body: { code: 'lost_position' } }
  expect(await follow(lost).then(async (r) => ({ status: r.status, body: await r.json() }))).toMatchObject(
    refused,
  )
  expect(await rest(server.url, 'GET', `/v1/changes?after=${lost}`)).toMatchObject(refused)
  for (let stock = 10; stock < 20; stock++) await put('one', stock)
  expect(await newest()).toBeGreaterThan(lost)
  expect((await follow(lost)).status).toBe(410)

  const reader = new EventReader(await follow(kept))
  const told = (await reader.take(20)).filter(({ data }) => data.field === 'stock')
  expect(told.map(({ data }) => data.newValue)).toEqual([10, 11, 12, 13, 14, 15, 16, 17, 18, 19])
  await reader.close()
})

const newest = async (): Promise<number> =>
  (await rest(server.url, 'GET', '/v1/changes?limit=1')).body.items[0].position

test('W4: clients bring back what was acknowledged to them after the backup', async () => {
  const room = 'articles/brought-back'
  const writer = new TextClient(server.socketUrl, room)
  const reader = new TextClient(server.socketUrl, room)
  const ann = new RepoClient(server.socketUrl, 'ann')
  await put('brought-back', 5)
  const { automergeUrl } = (await rest(server.url, 'GET', '/v1/records/items/brought-back')).body
  const handle = await ann.find(automergeUrl)
  await handle.whenReady()
  writer.typeParagraph('before')
  await until(() => reader.text.includes('before'), 'the first paragraph')
  expect(runCommand('backup', server.dataDir, [backup])).toMatchObject({ status: 0 })
  writer.typeParagraph('after')
  await until(() => reader.text.includes('after'), 'the second paragraph')
  handle.change((record) => {
    record.name = 'renamed'
  })
  const nameOf = async () =>
    (await rest(server.url, 'GET', '/v1/records/items/brought-back')).body.fields?.name
  await until(async () => (await nameOf()) === 'renamed', 'the new name')
  await server.kill()
  expect(runCommand('restore', server.dataDir, [backup, '--force'])).toMatchObject({ status: 0 })
  await server.start()
  await until(async () => (await nameOf()) === 'renamed', 'the name to come back')
  const text = async () => (await rest(server.url, 'GET', `/v1/records/${room}/text/body?format=plain`)).body
  await until(async () => String(await text()).includes('after'), 'the text to come back')
  writer.typeParagraph('and on')
  await until(() => reader.text.includes('and on'), 'editing to go on')
  writer.destroy()
  reader.destroy()
  await ann.destroy()
  expect(await server.stop()).toBe(0)
  expect(runCommand('verify', server.dataDir).output).toMatch(/: 0 problems\n$/)
})

test('R5: what the server itself wrote after the backup is refused to whoever brings it, and he is told', async () => {
  await put('ahead', 1)
  const { automergeUrl } = (await rest(server.url, 'GET', '/v1/records/items/ahead')).body
  const ann = new RepoClient(server.socketUrl, 'ann')
  const handle = await ann.find(automergeUrl)
  await handle.whenReady()
  runCommand('backup', server.dataDir, [backup])
  await rest(server.url, 'PATCH', '/v1/records/items/ahead', { name: 'by the server' })
  await until(() => String(handle.doc().name) === 'by the server', 'the new name')
  await server.kill()
  runCommand('restore', server.dataDir, [backup, '--force'])
  await server.start()
  await until(() => ann.repo.peers.length > 0, 'the connection')
  ann.onFrame(() => {})
  await until(() => {
    handle.change((record) => {
      record.touched = Math.random()
    })
    return ann.errors.find((error) => error.includes('belongs to the server'))
  }, 'the refusal')
  expect((await rest(server.url, 'GET', '/v1/records/items/ahead')).body.fields.name).toBe('ahead')
  await ann.destroy()
})
