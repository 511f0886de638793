// W5 on the real program and a real file: a disk that is full, a file that may not grow, a lock, a disk that answers
// late, a damaged page. Nothing is acknowledged or shown that is not stored, reads go on, and service resumes.
import { execFileSync } from 'node:child_process'
import {
  closeSync,
  copyFileSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { RepoClient } from '../support/repo-client.ts'
import { type RestAnswer, rest } from '../support/rest-client.ts'
import { ServerProcess } from '../support/server-process.ts'
import { TextClient } from '../support/text-client.ts'
import { until } from '../support/until.ts'

const put = (server: ServerProcess, id: string, stock = 1): Promise<RestAnswer> =>
  rest(server.url, 'PUT', `/v1/records/items/${id}`, { name: id, stock })
const get = (server: ServerProcess, id: string): Promise<RestAnswer> =>
  rest(server.url, 'GET', `/v1/records/items/${id}`)
const readiness = async (server: ServerProcess): Promise<number> =>
  (await rest(server.url, 'GET', '/readyz')).status

const plainText = async (server: ServerProcess, room: string): Promise<string> =>
  String((await rest(server.url, 'GET', `/v1/records/${room}/text/body?format=plain`)).body)

/** A fault that can be brought about and ended while the server runs. */
interface Fault {
  readonly reason: RegExp
  begin(server: ServerProcess): void
  end(server: ServerProcess): void
}

const limitFileSize = (server: ServerProcess, bytes: number | 'unlimited'): void =>
  void execFileSync('prlimit', ['--pid', String(server.pid), `--fsize=${bytes}:unlimited`])

/** The write-ahead log may not grow: what a quota, or a limit of the file system, does. */
const noGrowth: Fault = {
  reason: /SQLITE_(IOERR_WRITE|FULL)/,
  begin: (server) => limitFileSize(server, statSync(`${server.databaseFile}-wal`).size),
  end: (server) => limitFileSize(server, 'unlimited'),
}

function heldLock(): Fault {
  let intruder: Database.Database
  return {
    reason: /SQLITE_BUSY/,
    begin(server) {
      intruder = new Database(server.databaseFile)
      intruder.exec('BEGIN IMMEDIATE')
    },
    end: () => void intruder.close(),
  }
}

/** What fills the disk of a server that has a small one of its own. */
const fullDisk: Fault = {
  reason: /SQLITE_FULL/,
  begin(server) {
    const ballast = openSync(join(server.dataDir, 'ballast'), 'w')
    const block = Buffer.alloc(4096)
    try {
      for (;;) writeSync(ballast, block)
    } catch {
      closeSync(ballast)
    }
  },
  end: (server) => rmSync(join(server.dataDir, 'ballast')),
}

/** Everything W5 says of a store that does not take writes for a while. */
async function sitOut(server: ServerProcess, fault: Fault): Promise<void> {
  const room = 'articles/faults'
  const writer = new TextClient(server.socketUrl, room)
  const reader = new TextClient(server.socketUrl, room)
  const [ann, bob] = [new RepoClient(server.socketUrl, 'ann'), new RepoClient(server.socketUrl, 'bob')]
  await put(server, 'before', 1)
  const { automergeUrl } = (await get(server, 'before')).body
  const [annsRecord, bobsRecord] = [await ann.find(automergeUrl), await bob.find(automergeUrl)]
  writer.typeParagraph('before')
  await until(() => reader.text.includes('before'), 'the first paragraph')

  fault.begin(server)
  let isAcknowledged = false
  // It waits, or is refused if another write has met the fault before it.
  const held = put(server, 'held', 2).then(({ status }) => {
    isAcknowledged = status < 300
    return status
  })
  writer.typeParagraph('meanwhile')
  annsRecord.change((record) => {
    record.name = 'renamed meanwhile'
  })
  await until(async () => (await readiness(server)) === 503, 'the store to be said to fail')
  const ready = await rest(server.url, 'GET', '/readyz')
  expect(ready.body).toMatchObject({ code: 'store_unavailable', detail: expect.stringMatching(fault.reason) })
  const refused = await put(server, 'refused', 3)
  expect(refused).toMatchObject({ status: 503, body: { code: 'store_unavailable', retryable: true } })
  expect((await rest(server.url, 'GET', '/healthz')).status).toBe(200)
  expect((await get(server, 'before')).body.fields.name, 'reads go on').toBe('before')
  expect((await get(server, 'held')).status).toBe(404)
  expect(isAcknowledged, 'what is not stored is not acknowledged').toBe(false)
  expect(reader.text, 'nor shown').not.toContain('meanwhile')
  expect(String(bobsRecord.doc().name)).toBe('before')

  fault.end(server)
  expect([201, 503]).toContain(await held)
  await until(async () => (await readiness(server)) === 200, 'the store to be well again')
  for (const id of ['held', 'refused']) expect((await put(server, id)).status, id).toBeLessThan(300)
  await until(() => reader.text.includes('meanwhile'), 'the paragraph to arrive')
  await until(() => String(bobsRecord.doc().name) === 'renamed meanwhile', 'the name to arrive')
  await server.restart()
  for (const id of ['before', 'held', 'refused']) expect((await get(server, id)).status, id).toBe(200)
  expect((await get(server, 'before')).body.fields.name).toBe('renamed meanwhile')
  await until(async () => (await plainText(server, room)).includes('meanwhile'), 'the projected text')
  for (const client of [writer, reader]) client.destroy()
  for (const client of [ann, bob]) await client.destroy()
}

describe('W5: a store that fails for a while', () => {
  test('a file that may not grow', async () => {
    await using server = await ServerProcess.start()
    await sitOut(server, noGrowth)
  })

  test('a file that somebody else has locked', async () => {
    await using server = await ServerProcess.start()
    await sitOut(server, heldLock())
  })

  test('a disk that is full', async (context) => {
    const disk = mkdtempSync(join(tmpdir(), 'sluice-disk-'))
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=16m', 'tmpfs', disk], { stdio: 'pipe' })
    } catch {
      rmdirSync(disk)
      return context.skip('a disk of its own takes the right to mount one')
    }
    try {
      await using server = await ServerProcess.start({}, disk)
      await sitOut(server, fullDisk)
    } finally {
      execFileSync('umount', [disk])
      rmdirSync(disk)
    }
  })
})

describe('W5: on other faults', () => {
  let server: ServerProcess
  beforeEach(async () => {
    server = await ServerProcess.start()
  })
  afterEach(() => server[Symbol.asyncDispose]())

  test('a disk that answers late makes writes late, and nothing else', async () => {
    await put(server, 'first')
    const intruder = new Database(server.databaseFile)
    intruder.exec('BEGIN IMMEDIATE')
    const writes = Array.from({ length: 20 }, (_, n) => put(server, `late-${n}`, n))
    const states: number[] = []
    for (let look = 0; look < 5; look++) {
      states.push(await readiness(server), (await get(server, 'first')).status)
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    intruder.close()
    expect(new Set(states)).toEqual(new Set([200]))
    expect((await Promise.all(writes)).map(({ status }) => status)).toEqual(writes.map(() => 201))
  })

  test('a damaged page ends the process, and nothing is acknowledged any more', {}, async () => {
    for (let n = 0; n < 50; n++) expect((await put(server, `sound-${n}`, n)).status).toBe(201)
    const sound = join(server.dataDir, 'sound')
    const other = new Database(server.databaseFile)
    // A commit of somebody else makes the server forget the pages that it has in memory.
    other.pragma('user_version = 7')
    other.pragma('wal_checkpoint(TRUNCATE)')
    copyFileSync(server.databaseFile, sound)
    overwrite(server.databaseFile, 4096, Buffer.alloc(statSync(sound).size - 4096, 0xa5))
    const acknowledged: string[] = []
    const attempt = (id: string) =>
      put(server, id).then(
        ({ status }) => void (status < 300 && acknowledged.push(id)),
        () => undefined,
      )
    await Promise.all(['x', 'y', 'z'].map(attempt))
    await until(
      () =>
        readiness(server).then(
          () => false,
          () => true,
        ),
      'the process to end',
    )
    expect(await server.stop()).toBe(1)
    expect(server.output).toContain('the store can no longer be trusted')
    expect(acknowledged).toEqual([])
    other.close()

    // The disk gives back what was written to it.
    for (const suffix of ['-wal', '-shm']) rmSync(server.databaseFile + suffix, { force: true })
    writeFileSync(server.databaseFile, readFileSync(sound))
    await server.start()
    for (let n = 0; n < 50; n++) expect((await get(server, `sound-${n}`)).status).toBe(200)
  })

  test('W4: SIGTERM under load loses nothing that was acknowledged, and exits with 0 in time', {}, async () => {
    const acknowledged: string[] = []
    let isStopping = false
    const load = async (name: string): Promise<void> => {
      for (let n = 0; !isStopping; n++) {
        const answer = await put(server, `${name}-${n}`).catch(() => null)
        if (answer?.status === 201) acknowledged.push(`${name}-${n}`)
        else if (answer === null || answer.body.code === 'shutting_down') return
      }
    }
    const loads = ['a', 'b', 'c', 'd'].map(load)
    const room = 'articles/sigterm'
    const [writer, reader] = [new TextClient(server.socketUrl, room), new TextClient(server.socketUrl, room)]
    for (let n = 0; n < 20; n++) writer.typeParagraph(`paragraph ${n}.`)
    await until(() => acknowledged.length > 50 && reader.text.includes('paragraph 0.'), 'some load')
    const shown = reader.text
    expect(await server.stop()).toBe(0)
    isStopping = true
    await Promise.all(loads)
    for (const client of [writer, reader]) client.destroy()
    await server.start()
    for (const id of acknowledged) expect((await get(server, id)).status, id).toBe(200)
    await until(async () => {
      const text = await plainText(server, room)
      return shown.split('\n').every((line) => text.includes(line))
    }, 'the projected text')
  })
})

function overwrite(file: string, offset: number, bytes: Buffer): void {
  const descriptor = openSync(file, 'r+')
  writeSync(descriptor, bytes, 0, bytes.length, offset)
  closeSync(descriptor)
}
