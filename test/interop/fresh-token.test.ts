// W13 on the real program: a fresh token continues a session, on the same socket where the protocol can carry it.
import { once } from 'node:events'
import { createDecoder, readVarString, readVarUint } from 'lib0/decoding'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import WebSocket from 'ws'
import { writeToken } from '../../shared/wire/y-protocol.ts'
import { RepoClient } from '../support/repo-client.ts'
import { as, rest } from '../support/rest-client.ts'
import { ServerProcess } from '../support/server-process.ts'
import { SECRET, secondsFromNow, signToken } from '../support/sign-token.ts'
import { TextClient } from '../support/text-client.ts'
import { LATE_MS_MAX, until } from '../support/until.ts'

let server: ServerProcess
beforeEach(async () => {
  server = await ServerProcess.start({ SLUICE_JWT_SECRET: SECRET, SLUICE_REVOKER_ROLE: 'steward' })
})
afterEach(() => server[Symbol.asyncDispose]())

const socketOf = ({ provider }: TextClient): WebSocket => provider.ws as unknown as WebSocket

const asleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** Auth messages of type 1 that the server sends. */
function renewals(socket: WebSocket): readonly string[] {
  const told: string[] = []
  socket.addEventListener('message', ({ data }) => {
    const decoder = createDecoder(new Uint8Array(data as ArrayBuffer))
    if (readVarUint(decoder) === 2 && readVarUint(decoder) === 1) told.push(readVarString(decoder))
  })
  return told
}

const textOf = async (id: string, token: string): Promise<string> =>
  (await rest(server.url, 'GET', `/v1/records/articles/${id}/text/body?format=plain`, undefined, as(token)))
    .body

describe('W13: y-websocket', () => {
  test('a fresh token on the socket of an unmodified provider keeps it open beyond the first one', async () => {
    const expiry = secondsFromNow(4)
    const client = new TextClient(
      server.socketUrl,
      'articles/a',
      'body',
      await signToken('ada', { exp: expiry }),
    )
    await until(() => client.provider.synced, 'the first synchronisation')
    const socket = socketOf(client)
    const told = renewals(socket)
    const until600 = secondsFromNow(600)
    const fresh = await signToken('ada', { exp: until600, jti: 'fresh' })
    socket.send(writeToken(fresh))
    await until(() => told.length === 1, 'the answer')
    expect(told).toEqual([new Date(until600 * 1000).toISOString()])
    await asleep(expiry * 1000 + 500 - Date.now())
    expect(socketOf(client)).toBe(socket)
    client.typeParagraph('beyond the first token')
    await until(async () => (await textOf('a', fresh)) === 'beyond the first token', 'it to be stored')

    // The session lives by the fresh token now.
    const steward = await signToken('root', { roles: ['steward'] })
    await rest(server.url, 'POST', '/v1/revocations', { jti: 'fresh' }, as(steward))
    await until(() => !client.provider.shouldConnect, 'the socket to be closed')
    client.destroy()
  })

  test('it may be sent before the text is open, and again and again; the last one counts', async () => {
    const socket = new WebSocket(`${server.socketUrl}/yjs/articles/b?token=${await signToken('ada')}`)
    const told = renewals(socket)
    await once(socket, 'open')
    const times = [secondsFromNow(900), secondsFromNow(800), secondsFromNow(4)]
    for (const exp of times) {
      socket.send(writeToken(await signToken('ada', { exp })))
      await until(() => told.at(-1) === new Date(exp * 1000).toISOString(), 'the answer')
    }
    const [code] = (await once(socket, 'close')) as [number]
    expect(code).toBe(4401)
    expect(Date.now() - (times[2] ?? 0) * 1000).toBeLessThan(LATE_MS_MAX)
  })

  test.each<[string, () => Promise<string> | string]>([
    ['of another subject', () => signToken('eve')],
    ['of another tenant', () => signToken('ada', { tenant: 'ward-8' })],
    ['with more roles', () => signToken('ada', { roles: ['doctor'] })],
    ['of another device', () => signToken('ada', { device: 'phone' })],
    ['that has expired', () => signToken('ada', { exp: secondsFromNow(-60) })],
    ['that is forged', () => 'forged'],
  ])('a token %s ends the session', async (_what, make) => {
    const client = new TextClient(server.socketUrl, 'articles/c', 'body', await signToken('ada'))
    await until(() => client.provider.synced, 'the first synchronisation')
    const closed = once(socketOf(client), 'close')
    socketOf(client).send(writeToken(await make()))
    const [code, reason] = (await closed) as [number, Buffer]
    expect([code, reason.toString()]).toEqual([4401, expect.stringMatching(/^unauthenticated: /)])
    client.destroy()
  })
})

describe('W13: automerge-repo has no message for it', () => {
  test('an edit made while the token has expired arrives with the next one, and no other is lost', async () => {
    const root = await signToken('ada')
    const { body } = await rest(
      server.url,
      'POST',
      '/v1/records/patients',
      { id: 'P-9', name: 'A' },
      as(root),
    )
    const client = new RepoClient(server.socketUrl, 'ada', await signToken('ada', { exp: secondsFromNow(4) }))
    const handle = await client.find(body.automergeUrl)
    handle.change((record) => {
      record.heartRate = 60
    })
    await until(() => client.repo.peers.length === 0, 'the token to expire')
    handle.change((record) => {
      record.heartRate = 61
    })
    client.useToken(await signToken('ada'))
    const stored = async () =>
      (await rest(server.url, 'GET', '/v1/records/patients/P-9', undefined, as(root))).body.fields.heartRate
    await until(async () => (await stored()) === 61, 'the edit to be stored')
    const log = await rest(server.url, 'GET', '/v1/records/patients/P-9/history', undefined, as(root))
    expect(
      log.body.items
        .filter(({ field }: { field: string }) => field === 'heartRate')
        .map(({ newValue }: { newValue: number }) => newValue),
    ).toEqual([61, 60])
    await client.destroy()
  })
})
