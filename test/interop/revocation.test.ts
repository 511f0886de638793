// W12 on the real program: a revoked token ends what it has opened, through every door, at once and for good, and what
// its owner had not sent yet arrives with the next one.
import { once } from 'node:events'
import Database from 'better-sqlite3'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import WebSocket from 'ws'
import { EventReader } from '../support/event-stream.ts'
import { RepoClient } from '../support/repo-client.ts'
import type { RestAnswer } from '../support/rest-client.ts'
import { as, rest } from '../support/rest-client.ts'
import { ServerProcess } from '../support/server-process.ts'
import { nextSecond, SECRET, signToken } from '../support/sign-token.ts'
import { TextClient } from '../support/text-client.ts'
import { LATE_MS_MAX, until } from '../support/until.ts'

const SETTINGS = { SLUICE_JWT_SECRET: SECRET, SLUICE_REVOKER_ROLE: 'steward' }

let server: ServerProcess
let steward: string
beforeEach(async () => {
  server = await ServerProcess.start(SETTINGS)
  steward = await signToken('root', { roles: ['steward'] })
})
afterEach(() => server[Symbol.asyncDispose]())

const revoke = (body: unknown, token = steward): Promise<RestAnswer> =>
  rest(server.url, 'POST', '/v1/revocations', body, as(token))

const statusOf = async (token: string): Promise<number> =>
  (await rest(server.url, 'GET', '/v1/conflicts', undefined, as(token))).status

async function openSocket(door: string, token: string): Promise<WebSocket> {
  const socket = new WebSocket(`${server.socketUrl}/${door}?token=${token}`)
  await once(socket, 'open')
  return socket
}

async function openStream(token: string): Promise<EventReader> {
  const headers = { accept: 'text/event-stream', ...as(token) }
  const stream = new EventReader(await fetch(`${server.url}/v1/changes`, { headers }))
  await stream.next()
  return stream
}

/** @returns how the socket was closed, and when, in milliseconds. */
async function closeOf(socket: WebSocket): Promise<{ code: number; reason: string; at: number }> {
  const [code, reason] = (await once(socket, 'close')) as [number, Buffer]
  return { code, reason: reason.toString(), at: performance.now() }
}

describe('W12: a subject is revoked', () => {
  test('every socket, stream and request of his ends within a second; others go on', async () => {
    const ada = await signToken('ada')
    const elsewhere = await signToken('ada', { tenant: 'ward-8' })
    const sockets = await Promise.all(
      ['yjs/articles/a', 'yjs/articles/b', 'automerge'].map((door) => openSocket(door, ada)),
    )
    const others = await Promise.all([
      openSocket('automerge', await signToken('bob')),
      openSocket('automerge', elsewhere),
    ])
    const stream = await openStream(ada)
    expect(await statusOf(ada)).toBe(200)

    const closes = Promise.all(sockets.map(closeOf))
    const streamEnd = stream.next()
    const answer = await revoke({ subject: 'ada' })
    const answeredAt = performance.now()
    expect([answer.status, answer.body]).toEqual([
      201,
      { subject: 'ada', revokedAt: expect.any(String), revokedBy: 'root', expiresAt: null },
    ])
    expect(await statusOf(ada)).toBe(401)
    for (const { code, reason, at } of await closes) {
      expect([code, reason]).toEqual([4401, 'unauthenticated: the token has been revoked'])
      expect(at - answeredAt).toBeLessThan(LATE_MS_MAX)
    }
    expect(await streamEnd).toBeNull()
    expect((await closeOf(await openSocket('automerge', ada))).code).toBe(4401)
    for (const socket of others) {
      expect(socket.readyState).toBe(WebSocket.OPEN)
      socket.terminate()
    }
    expect(await statusOf(elsewhere)).toBe(200)
  })

  test('who does not answer the close is gone nevertheless, and his presence with him', async () => {
    const bob = new TextClient(server.socketUrl, 'articles/a', 'body', await signToken('bob'))
    const ada = new TextClient(server.socketUrl, 'articles/a', 'body', await signToken('ada'))
    ada.provider.awareness.setLocalStateField('name', 'ada')
    const { states } = bob.provider.awareness
    await until(() => states.has(ada.doc.clientID), 'Ada to be seen')
    const { ws } = ada.provider as unknown as { ws: WebSocket }
    ws.pause()
    await revoke({ subject: 'ada' })
    await until(() => !states.has(ada.doc.clientID), 'Ada to be gone')
    ws.terminate()
    ada.destroy()
    bob.destroy()
  })

  test('it stands after a SIGKILL; a token that is issued later is good', async () => {
    const ada = await signToken('ada')
    await revoke({ subject: 'ada' })
    await server.restart()
    expect(await statusOf(ada)).toBe(401)
    await nextSecond()
    expect(await statusOf(await signToken('ada'))).toBe(200)
    expect(await statusOf(await signToken('ada', { iat: undefined }))).toBe(401)
    expect(await statusOf(ada)).toBe(401)
  })

  test('one token is revoked by its jti, and no other', async () => {
    const lost = await signToken('ada', { jti: 'phone' })
    const kept = await signToken('ada', { jti: 'desk' })
    const [phone, desk] = [await openSocket('automerge', lost), await openSocket('automerge', kept)]
    const close = closeOf(phone)
    expect((await revoke({ jti: 'phone' })).body).toMatchObject({ jti: 'phone', revokedBy: 'root' })
    expect((await close).code).toBe(4401)
    expect([await statusOf(lost), await statusOf(kept)]).toEqual([401, 200])
    expect(desk.readyState).toBe(WebSocket.OPEN)
    desk.terminate()
  })

  test('an editor loses nothing that he typed while he was shut out', async () => {
    const client = new TextClient(server.socketUrl, 'articles/kept', 'body', await signToken('ada'))
    await until(() => client.provider.synced, 'the first synchronisation')
    client.typeParagraph('before')
    await revoke({ subject: 'ada' })
    await until(() => !client.provider.shouldConnect, 'the provider to stop')
    client.typeParagraph('while shut out')
    await nextSecond()
    const fresh = await signToken('ada')
    client.provider.params.token = fresh
    client.provider.connect()
    const path = '/v1/records/articles/kept/text/body?format=plain'
    await until(
      async () =>
        (await rest(server.url, 'GET', path, undefined, as(fresh))).body === 'before\nwhile shut out',
      'both to be stored',
    )
    client.destroy()
  })

  test('fields edited while shut out arrive as well', async () => {
    const first = await signToken('ada')
    const { body } = await rest(
      server.url,
      'POST',
      '/v1/records/patients',
      { id: 'P-9', name: 'Ada' },
      as(first),
    )
    const client = new RepoClient(server.socketUrl, 'ada', first)
    const handle = await client.find(body.automergeUrl)
    await revoke({ subject: 'ada' })
    await until(() => client.repo.peers.length === 0, 'the socket to be closed')
    handle.change((root) => {
      root.heartRate = 99
    })
    await nextSecond()
    const fresh = await signToken('ada')
    client.useToken(fresh)
    await until(
      async () =>
        (await rest(server.url, 'GET', '/v1/records/patients/P-9', undefined, as(fresh))).body.fields
          .heartRate === 99,
      'the edit to be stored',
    )
    await client.destroy()
  })
})

describe('W12: who may revoke', () => {
  test('the named role alone, in its own tenant alone', async () => {
    expect(
      (await revoke({ subject: 'root' }, await signToken('eve', { roles: ['admin', '*'] }))).body,
    ).toMatchObject({
      code: 'forbidden',
      detail: 'your roles may not revoke tokens',
    })
    expect(await statusOf(steward)).toBe(200)
    const foreign = await signToken('root', { roles: ['steward'], tenant: 'ward-8' })
    expect((await revoke({ subject: 'ada' }, foreign)).status).toBe(201)
    expect(await statusOf(await signToken('ada'))).toBe(200)
    const list = (token: string) => rest(server.url, 'GET', '/v1/revocations', undefined, as(token))
    expect((await list(foreign)).body.items).toEqual([expect.objectContaining({ subject: 'ada' })])
    expect((await list(steward)).body.items).toEqual([])
    expect((await list(await signToken('ada'))).status).toBe(403)
  })

  test('what says nothing, or too much, is refused', async () => {
    const soon = new Date(Date.now() + 60_000).toISOString()
    for (const body of [
      {},
      { subject: 'ada', jti: 'one' },
      { subject: '' },
      { subject: 'ada', tenant: 'ward-8' },
      { subject: 'ada', expiresAt: '2020-01-01T00:00:00Z' },
      { subject: 'ada', expiresAt: 'tomorrow' },
    ])
      expect([body, (await revoke(body)).body.code]).toEqual([body, 'bad_request'])
    expect((await revoke({ subject: 'ada', expiresAt: soon })).body.expiresAt).toBe(soon)
  })
})

test('W12: nobody may, where no role is named or nobody is verified', async () => {
  await using silent = await ServerProcess.start({ SLUICE_JWT_SECRET: SECRET })
  const refused = await rest(silent.url, 'POST', '/v1/revocations', { subject: 'ada' }, as(steward))
  expect([refused.status, refused.body.detail]).toEqual([403, expect.stringContaining('SLUICE_REVOKER_ROLE')])
  await using open = await ServerProcess.start({ SLUICE_REVOKER_ROLE: 'steward' })
  const demo = await rest(open.url, 'POST', '/v1/revocations', { subject: 'ada' }, as('root'))
  expect([demo.status, demo.body.detail]).toEqual([403, expect.stringContaining('open demo')])
})

test('W12: with a longest lifetime of tokens, revocations are bounded and go when it is over', async () => {
  await using brief = await ServerProcess.start({
    ...SETTINGS,
    SLUICE_JWT_LIFETIME_SECONDS_MAX: '2',
    SLUICE_JWT_CLOCK_TOLERANCE_SECONDS: '0',
    SLUICE_REVOCATIONS_MAX: '2',
  })
  const now = (claims = {}) =>
    signToken('root', { roles: ['steward'], exp: Math.floor(Date.now() / 1000) + 2, ...claims })
  const post = async (subject: string) =>
    rest(brief.url, 'POST', '/v1/revocations', { subject }, as(await now()))
  await nextSecond()
  const first = await post('one')
  expect(Date.parse(first.body.expiresAt) - Date.parse(first.body.revokedAt)).toBe(2_000)
  expect([(await post('two')).status, (await post('three')).status]).toEqual([201, 429])
  expect((await post('one')).status).toBe(201)
  await until(async () => (await post('three')).status === 201, 'an earlier one to expire')
  const db = new Database(brief.databaseFile, { readonly: true })
  expect(db.prepare('SELECT COUNT(*) AS count FROM sluice_revocations').get()).toMatchObject({
    count: expect.toSatisfy((count: number) => count <= 2),
  })
  db.close()
})
