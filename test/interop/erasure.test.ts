// E1–E7 on the real program: what was erased is in no file, old clients cannot bring it back, and the audit still holds.
import { rmSync } from 'node:fs'
import { basename, join } from 'node:path'
import { ImmutableString } from '@automerge/automerge-repo'
import Database from 'better-sqlite3'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { wordsIn } from '../support/data-files.ts'
import type { RecordHandle } from '../support/repo-client.ts'
import { RepoClient } from '../support/repo-client.ts'
import type { RestAnswer } from '../support/rest-client.ts'
import { as, rest } from '../support/rest-client.ts'
import { runCommand } from '../support/run-command.ts'
import { ServerProcess } from '../support/server-process.ts'
import { SECRET, signToken } from '../support/sign-token.ts'
import { TextClient } from '../support/text-client.ts'
import { until } from '../support/until.ts'

const RECORD = '/v1/records/patients/P-1'
const ROOM = 'patients/P-1'

/** Short, so that nothing compresses them, and unlike all other words that the store holds. */
const canary = {
  typed: 'qzTypedXw1',
  deletedText: 'qzGoneTextXw2',
  overwrittenRaw: 'qzRawXw3',
  overwrittenRest: 'qzRestXw4',
  losingSide: 'qzLoserXw5',
  deadLetter: 'qzLetterXw6',
  metadata: 'qzMetaXw7',
  member: 'qzMemberXw8',
}
const AUTHOR = 'ann'
const canaries = Object.values(canary)

let server: ServerProcess
let clerk: string
let eraser: string
const texts: TextClient[] = []
const repos: RepoClient[] = []
beforeEach(async () => {
  server = await ServerProcess.start({ SLUICE_JWT_SECRET: SECRET, SLUICE_ERASURE_ROLES: 'dpo' })
  clerk = await signToken(AUTHOR, { roles: ['doctor'] })
  eraser = await signToken('dora', { roles: ['dpo'] })
})
afterEach(async () => {
  for (const client of texts.splice(0)) client.destroy()
  await Promise.all(repos.splice(0).map((client) => client.destroy()))
  await server[Symbol.asyncDispose]()
})

const call = (
  method: string,
  path: string,
  body?: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<RestAnswer> => rest(server.url, method, path, body, { ...as(clerk), ...headers })

const erase = (allowNew: boolean, token = eraser): Promise<RestAnswer> =>
  rest(
    server.url,
    'POST',
    '/v1/erasures',
    { collection: 'patients', id: 'P-1', reason: 'request 17', allowNew },
    as(token),
  )

/** An editor of the text, and the codes with which the server has closed its sockets. */
function editor(): { client: TextClient; closed: number[] } {
  const client = new TextClient(server.socketUrl, ROOM, 'notes', clerk)
  texts.push(client)
  const closed: number[] = []
  client.provider.on('connection-close', (event) => {
    if (event !== null) closed.push(event.code)
  })
  return { client, closed }
}

async function replica(url: string): Promise<{ client: RepoClient; document: RecordHandle }> {
  const client = new RepoClient(server.socketUrl, 'ann', clerk)
  repos.push(client)
  return { client, document: await client.find(url) }
}

const textOf = async (): Promise<unknown> => (await call('GET', `${RECORD}/text/notes`)).body

/** An editor leaves an empty paragraph when all is deleted. */
const isReplaced = (text: unknown): boolean => String(text).trim() === canary.typed

/** Leaves every canary somewhere in the store. @returns the record's url. */
async function fill(): Promise<string> {
  const created = await call(
    'PUT',
    RECORD,
    { name: 'Ada', bloodPressure: canary.overwrittenRest, allergies: [canary.member], diagnosis: 'flu' },
    { 'sluice-metadata': JSON.stringify({ reason: canary.metadata }), 'idempotency-key': 'once' },
  )
  expect(created.status).toBe(201)
  const { automergeUrl } = created.body
  const base = { 'if-match': created.etag }
  expect((await call('PATCH', RECORD, { bloodPressure: '120/80' })).status).toBe(200)
  await call('PATCH', RECORD, { diagnosis: 'cold' }, base)
  const held = await call('PATCH', RECORD, { diagnosis: canary.losingSide }, base)
  expect(held.body.outcomes.diagnosis.outcome).toBe('held')
  const operation = { op: 'PATCH', table: 'patients', id: 'P-1', data: { heartRate: canary.deadLetter } }
  const uploaded = await call('POST', '/v1/upload', { batch: [{ ...operation, op_id: 1 }] })
  expect(uploaded.body.results[0].status).toBe('rejected')
  const { client, document } = await replica(automergeUrl)
  document.change((root) => {
    root.name = new ImmutableString(canary.overwrittenRaw)
  })
  await until(
    async () => (await call('GET', RECORD)).body.fields.name === canary.overwrittenRaw,
    'the raw change',
  )
  expect((await call('PATCH', RECORD, { name: 'Ada B.' })).status).toBe(200)
  await client.destroy()
  const { client: ann } = editor()
  ann.typeParagraph(canary.deletedText)
  await until(async () => (await found(canary.deletedText)).length > 0, 'the text to be indexed')
  ann.edit((transaction) => transaction.delete(0, transaction.doc.content.size))
  ann.typeParagraph(canary.typed)
  await until(async () => isReplaced(await textOf()), 'the text to be replaced')
  await until(async () => (await found(canary.typed)).length > 0, 'the new text to be indexed')
  ann.provider.disconnect()
  return automergeUrl
}

const found = async (word: string): Promise<unknown[]> =>
  (await call('GET', `/v1/search?q=${word}`)).body.items

async function expectSound(erased: number): Promise<void> {
  await server.stop()
  const verified = runCommand('verify', server.dataDir)
  expect(verified.output).toMatch(new RegExp(`, ${erased} of them erased, .* 0 problems\n$`))
  expect(runCommand('compare', server.dataDir).output).toMatch(/: 0 differences\n$/)
}

describe('erasure', () => {
  test('E1, E6: no file holds what was erased, wherever it was written; a stub tells who erased it and why', async () => {
    await fill()
    expect(await found(canary.typed)).toHaveLength(1)
    // A word that could not be found would prove nothing.
    expect(wordsIn(server.dataDir, canaries)).toEqual(canaries)
    const contributions = (): Promise<RestAnswer> =>
      rest(server.url, 'GET', `/v1/contributions/${AUTHOR}`, undefined, as(eraser))
    expect((await contributions()).body.items).toEqual([{ collection: 'patients', id: 'P-1' }])

    const erased = await erase(false)
    expect(erased.status, JSON.stringify(erased.body)).toBe(201)
    expect(erased.body).toMatchObject({ epoch: 1, reason: 'request 17', erasedBy: 'dora', pending: false })
    expect(wordsIn(server.dataDir, canaries)).toEqual([])
    expect(await found(canary.typed)).toEqual([])
    expect((await contributions()).body.items).toEqual([])
    const listed = await rest(server.url, 'GET', '/v1/erasures', undefined, as(eraser))
    const { pending: _pending, ...stub } = erased.body
    expect(listed.body).toEqual({ items: [stub], next: null })
    expect((await call('GET', '/v1/conflicts')).body.items).toEqual([])
    expect((await call('GET', '/v1/changes')).body.items).toEqual([])

    await expectSound(1)
    expect(runCommand('rebuild', server.dataDir).status).toBe(0)
    expect(wordsIn(server.dataDir, canaries)).toEqual([])
    const db = new Database(server.databaseFile, { readonly: true })
    expect(db.prepare('SELECT collection, id, epoch, erased_by FROM sluice_erasures').all()).toEqual([
      { collection: 'patients', id: 'P-1', epoch: 1, erased_by: 'dora' },
    ])
    expect(db.prepare('SELECT COUNT(*) FROM patients').pluck().get()).toBe(0)
    db.close()
  })

  test('E4, E5: a sealed record is told as erased at every door, and nothing that comes is kept', async () => {
    const url = await fill()
    const [live, old] = [editor(), editor()]
    await until(() => isReplaced(live.client.text) && isReplaced(old.client.text), 'the text')
    old.client.provider.disconnect()
    old.client.typeParagraph(canary.deletedText)
    const [open, away] = [await replica(url), await replica(url)]
    open.client.onFrame(() => undefined)
    await away.client.goOffline()
    away.document.change((root) => {
      root.name = new ImmutableString(canary.overwrittenRaw)
    })

    expect((await erase(false)).status).toBe(201)
    await until(() => live.closed.includes(4410), 'the live editor to be told')
    await until(
      () => open.client.errors.some((error) => error.includes('erased')),
      'the live replica to be told',
    )
    old.client.provider.connect()
    await until(() => old.closed.includes(4410), 'the old editor to be told')
    away.client.goOnline()
    away.client.onFrame(() => undefined)
    await until(
      () => away.client.errors.some((error) => error.includes('erased')),
      'the old replica to be told',
    )
    for (const [method, path, body] of [
      ['GET', RECORD],
      ['GET', `${RECORD}/history`],
      ['GET', `${RECORD}/text/notes`],
      ['PUT', RECORD, { name: canary.member }],
      ['PATCH', RECORD, { name: canary.member }],
      ['DELETE', RECORD],
    ] as const) {
      const answer = await call(method, path, body)
      expect([method, path, answer.status, answer.body.code]).toEqual([method, path, 410, 'erased'])
    }
    const data = { name: canary.deadLetter }
    const operations = (['PUT', 'PATCH'] as const).map((op, index) => ({
      op,
      table: 'patients',
      id: 'P-1',
      data,
      op_id: 10 + index,
    }))
    const { results } = (await call('POST', '/v1/upload', { batch: operations })).body
    expect(results.map(({ error }: { error: { code: string } }) => error.code)).toEqual(['erased', 'erased'])
    // A request that was answered before is not carried out again.
    const repeated = await call(
      'PUT',
      RECORD,
      { name: 'Ada', bloodPressure: canary.overwrittenRest, allergies: [canary.member], diagnosis: 'flu' },
      { 'idempotency-key': 'once' },
    )
    expect(repeated.status).toBe(410)
    expect((await erase(true)).body.code).toBe('erased')
    expect(wordsIn(server.dataDir, canaries)).toEqual([])
    await expectSound(1)
  })

  test('E3, E5: a record that may begin anew takes nothing of its old epoch, and is erased again like any', async () => {
    const url = await fill()
    const old = editor()
    await until(() => isReplaced(old.client.text), 'the text')
    old.client.provider.disconnect()
    const away = await replica(url)
    await away.client.goOffline()
    expect((await erase(true)).status).toBe(201)
    expect((await call('PATCH', RECORD, { name: 'x' })).status).toBe(410)

    const anew = await call('PUT', RECORD, { name: 'Bea' })
    expect(anew.status, JSON.stringify(anew.body)).toBe(201)
    expect(anew.body.automergeUrl).not.toBe(url)
    expect(anew.body.fields).toMatchObject({ name: 'Bea', allergies: [], bloodPressure: null })
    old.client.provider.connect()
    away.client.goOnline()
    away.client.onFrame(() => undefined)
    await until(() => old.closed.includes(4410), 'the old editor to be told')
    await until(
      () => away.client.errors.some((error) => error.includes('erased')),
      'the old replica to be told',
    )
    old.client.provider.disconnect()
    const fresh = editor()
    fresh.client.typeParagraph('a new page')
    await until(async () => (await textOf()) === 'a new page', 'the new text')
    const { document } = await replica(anew.body.automergeUrl)
    document.change((root) => {
      root.heartRate = 61
    })
    await until(async () => (await call('GET', RECORD)).body.fields.heartRate === 61, 'the raw change')
    expect(wordsIn(server.dataDir, canaries)).toEqual([])

    // The stored epochs are loaded as they were.
    await server.restart()
    await until(() => fresh.client.provider.synced, 'the editor to be back')
    fresh.client.typeParagraph('and more')
    await until(async () => String(await textOf()).includes('and more'), 'the text to go on')
    expect((await call('PATCH', RECORD, { name: 'Bea C.' })).status).toBe(200)
    await expectSound(1)
    await server.start()
    const again = await erase(false)
    expect(again.body).toMatchObject({ epoch: 2 })
    await expectSound(1)
    expect(wordsIn(server.dataDir, [...canaries, 'a new page', 'Bea C.'])).toEqual([])
  })

  test('E2: a stub that somebody has edited, put in the place of a history, or taken away is found', async () => {
    await fill()
    // A checkpoint covers the history before it is erased, and another one the stub.
    await server.stop()
    await server.start()
    expect((await erase(false)).status).toBe(201)
    await expectSound(1)
    const db = new Database(server.databaseFile)
    db.pragma('foreign_keys = OFF')
    const stub = db
      .prepare("SELECT * FROM sluice_journal WHERE kind = 'erasure' AND lane = 'fields'")
      .get() as object
    const putBack = db.prepare(
      `INSERT OR REPLACE INTO sluice_journal (${Object.keys(stub)}) VALUES (${Object.keys(stub).map((column) => `@${column}`)})`,
    )
    const tamperings = [
      `UPDATE sluice_journal SET bytes = CAST(json_set(CAST(bytes AS TEXT), '$.previous', 'ab') AS BLOB)`,
      `UPDATE sluice_journal SET bytes = CAST('{}' AS BLOB)`,
      `UPDATE sluice_journal SET subject = 'nobody'`,
      `DELETE FROM sluice_journal`,
    ]
    for (const tampering of tamperings) {
      db.exec(`${tampering} WHERE kind = 'erasure' AND lane = 'fields'`)
      const changed = runCommand('verify', server.dataDir)
      expect([tampering, changed.status]).toEqual([tampering, 1])
      expect(changed.output).toContain('default:patients/P-1, fields, version ')
      putBack.run(stub)
    }
    db.close()
    expect(runCommand('verify', server.dataDir).status).toBe(0)
  })

  test('E6, E7: an operator erases on a stopped server, and a restore of an older backup names what it brings back', async () => {
    await fill()
    const backup = join(server.dataDir, '..', `backup-${basename(server.dataDir)}`)
    expect(runCommand('backup', server.dataDir, [backup]).status).toBe(0)
    expect(runCommand('erase', server.dataDir, [ROOM, '--reason', 'request 17']).status).not.toBe(0)
    await server.stop()
    expect(runCommand('erase', server.dataDir, [ROOM]).output).toContain('--reason <text>')
    const erased = runCommand('erase', server.dataDir, [ROOM, '--reason', 'request 17'])
    expect(erased.output).toMatch(/^erased default:patients\/P-1: \d+ journal entries; its epoch is 1 now\n$/)
    expect(erased.status).toBe(0)
    expect(wordsIn(server.dataDir, canaries)).toEqual([])
    expect(runCommand('erase', server.dataDir, [ROOM, '--reason', 'again']).output).toContain(
      'erased already',
    )

    const restored = runCommand('restore', server.dataDir, [backup, '--force'])
    expect(restored.output).toContain(
      'erased there, and back with the backup: default:patients/P-1, epoch 1\n',
    )
    expect(wordsIn(server.dataDir, canaries)).toEqual(canaries)
    rmSync(backup, { recursive: true })
  })

  test('E7: only the roles that the settings name erase, list, and ask who wrote what; in their own tenant', async () => {
    expect((await call('PUT', RECORD, { name: 'Ada' })).status).toBe(201)
    expect((await erase(false, clerk)).status).toBe(403)
    for (const path of ['/v1/erasures', '/v1/contributions/ada'])
      expect((await call('GET', path)).status).toBe(403)
    expect((await erase(false, await signToken('eve', { roles: ['dpo'], tenant: 'other' }))).status).toBe(404)
    expect((await call('GET', RECORD)).status).toBe(200)
  })
})
