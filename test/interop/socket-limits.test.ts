// Limits of WebSockets against the real program: who sends too fast waits, who never stops is closed, and the
// others do not notice.
import { once } from 'node:events'
import { SignJWT } from 'jose'
import { describe, expect, test } from 'vitest'
import WebSocket from 'ws'
import { EventReader } from '../support/event-stream.ts'
import { as, rest } from '../support/rest-client.ts'
import { ServerProcess } from '../support/server-process.ts'
import { TextClient } from '../support/text-client.ts'
import { LATE_MS_MAX, until } from '../support/until.ts'

const SECRET = 'a secret of more than thirty-two characters'
const QUERY_AWARENESS = new Uint8Array([3])

const open = async (server: ServerProcess, subject: string): Promise<WebSocket> => {
  const socket = new WebSocket(`${server.socketUrl}/yjs/articles/a?token=${subject}`)
  await once(socket, 'open')
  return socket
}

/** Types one frame per letter, all at once. @returns how often the socket was closed meanwhile. */
function typeLetters(client: TextClient, count: number): () => number {
  let closes = 0
  client.provider.on('connection-close', () => {
    closes += 1
  })
  const text = client.doc.getText('body')
  for (let letter = 0; letter < count; letter++) text.insert(text.length, 'x')
  return () => closes
}

const textOf = (client: TextClient): string => client.doc.getText('body').toString()

const stored = async (server: ServerProcess, id: string): Promise<string> =>
  (await rest(server.url, 'GET', `/v1/records/articles/${id}/text/body?format=plain`)).body

async function refusalOf(server: ServerProcess, token: string): Promise<string> {
  const socket = new WebSocket(`${server.socketUrl}/automerge?token=${token}`)
  const [error] = (await once(socket, 'error')) as [Error]
  return error.message
}

describe('W8: messages per second', () => {
  test('a flood waits and loses nothing, also over a SIGKILL; others do not notice', async () => {
    await using server = await ServerProcess.start({
      SLUICE_SESSION_MESSAGES_PER_SECOND: '100',
      SLUICE_BURST_SECONDS: '1',
    })
    const flood = new TextClient(server.socketUrl, 'articles/flood', 'body', 'ada')
    const watcher = new TextClient(server.socketUrl, 'articles/flood', 'body', 'eve')
    const calm = new TextClient(server.socketUrl, 'articles/calm', 'body', 'bob')
    const reader = new TextClient(server.socketUrl, 'articles/calm', 'body', 'eve')
    await until(
      () => [flood, watcher, calm, reader].every(({ provider }) => provider.synced),
      'the first synchronisation',
    )
    const began = Date.now()
    const closes = typeLetters(flood, 700)
    calm.doc.getText('body').insert(0, 'calm')
    await until(() => textOf(reader) === 'calm', 'the others to go on')
    expect(textOf(watcher).length).toBeLessThan(600)
    await until(() => textOf(watcher).length === 700, 'all that was typed')
    expect(Date.now() - began).toBeGreaterThan(5_500)
    expect(closes()).toBe(0)
    for (const client of [flood, watcher, calm, reader]) client.provider.destroy()
    await server.restart()
    const late = new TextClient(server.socketUrl, 'articles/flood', 'body', 'eve')
    await until(() => late.provider.synced, 'a newcomer to have the text')
    expect(textOf(late)).toBe('x'.repeat(700))
    late.provider.destroy()
    await until(async () => (await stored(server, 'flood')).length === 700, 'the projection to catch up')
  })

  test('what a client has sent before it goes is taken still', async () => {
    await using server = await ServerProcess.start({
      SLUICE_SESSION_MESSAGES_PER_SECOND: '100',
      SLUICE_BURST_SECONDS: '1',
    })
    const client = new TextClient(server.socketUrl, 'articles/gone', 'body', 'ada')
    await until(() => client.provider.synced, 'the first synchronisation')
    typeLetters(client, 300)
    client.provider.destroy()
    await until(async () => (await stored(server, 'gone')) === 'x'.repeat(300), 'the rest')
  })

  test('all sockets of a subject share one allowance', async () => {
    await using server = await ServerProcess.start({
      SLUICE_SUBJECT_MESSAGES_PER_SECOND: '100',
      SLUICE_BURST_SECONDS: '1',
    })
    const clients = ['s1', 's2', 's3'].map(
      (id) => new TextClient(server.socketUrl, `articles/${id}`, 'body', 'ada'),
    )
    await until(() => clients.every(({ provider }) => provider.synced), 'the first synchronisation')
    const began = Date.now()
    for (const client of clients) typeLetters(client, 100)
    for (const id of ['s1', 's2', 's3'])
      await until(async () => (await stored(server, id)).length === 100, 'all that was typed')
    expect(Date.now() - began).toBeGreaterThan(1_500)
    for (const client of clients) client.provider.destroy()
  })

  test.each([
    ['messages', (socket: WebSocket) => socket.send(QUERY_AWARENESS)],
    ['pings', (socket: WebSocket) => socket.ping()],
  ])('who never lets up with %s is closed with 1013, and the process lives', async (_what, send) => {
    await using server = await ServerProcess.start({
      SLUICE_SESSION_MESSAGES_PER_SECOND: '100',
      SLUICE_BURST_SECONDS: '1',
      SLUICE_OVERRUN_MS: '1000',
    })
    const socket = await open(server, 'ada')
    const calm = await open(server, 'bob')
    socket.on('error', () => {})
    const sending = setInterval(() => {
      for (let number = 0; number < 50; number++) if (socket.readyState === WebSocket.OPEN) send(socket)
    }, 20)
    const [code, reason] = (await once(socket, 'close')) as [number, Buffer]
    clearInterval(sending)
    expect([code, reason.toString()]).toEqual([1013, expect.stringMatching(/^too_many: /)])
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200)
    expect(calm.readyState).toBe(WebSocket.OPEN)
    calm.terminate()
  })

  test('who is slowed down is not taken for dead', async () => {
    await using server = await ServerProcess.start({
      SLUICE_SESSION_MESSAGES_PER_SECOND: '50',
      SLUICE_BURST_SECONDS: '1',
      SLUICE_PING_INTERVAL_MS: '1000',
    })
    const client = new TextClient(server.socketUrl, 'articles/slow', 'body', 'ada')
    await until(() => client.provider.synced, 'the first synchronisation')
    const closes = typeLetters(client, 250)
    await until(async () => (await stored(server, 'slow')).length === 250, 'all that was typed')
    expect(closes()).toBe(0)
    client.provider.destroy()
  })
})

describe('W9: open sockets', () => {
  test('one too many of a subject is refused with 429, of all with 503; a place given back is free', async () => {
    await using server = await ServerProcess.start({
      SLUICE_SESSIONS_MAX: '3',
      SLUICE_SESSIONS_PER_SUBJECT_MAX: '2',
    })
    const first = await open(server, 'ada')
    const second = await open(server, 'ada')
    expect(await refusalOf(server, 'ada')).toContain('429')
    const other = await open(server, 'bob')
    expect(await refusalOf(server, 'carl')).toContain('503')
    first.close()
    await once(first, 'close')
    let again: WebSocket | null = null
    await until(async () => {
      again = await open(server, 'ada').catch(() => null)
      return again !== null
    }, 'the place to be free')
    for (const socket of [second, other, again as WebSocket | null]) socket?.terminate()
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200)
  })

  test('sockets that fail to say who they are give their places back', async () => {
    await using server = await ServerProcess.start({ SLUICE_JWT_SECRET: SECRET, SLUICE_SESSIONS_MAX: '2' })
    for (let number = 0; number < 6; number++) {
      const socket = new WebSocket(`${server.socketUrl}/automerge?token=forged`)
      const [code] = (await once(socket, 'close')) as [number]
      expect(code).toBe(4401)
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  })
})

describe('W10: a token that expires', () => {
  const tokenFor = (seconds: number): Promise<string> =>
    new SignJWT({ sub: 'ada' })
      .setProtectedHeader({ alg: 'HS256' })
      .setExpirationTime(seconds)
      .sign(new TextEncoder().encode(SECRET))

  test('ends the WebSocket with 4401 as it expires, and no other', async () => {
    await using server = await ServerProcess.start({ SLUICE_JWT_SECRET: SECRET })
    const expiry = Math.ceil(Date.now() / 1000) + 2
    const short = await open(server, await tokenFor(expiry))
    const automerge = new WebSocket(`${server.socketUrl}/automerge?token=${await tokenFor(expiry)}`)
    const long = await open(server, await tokenFor(expiry + 100 * 24 * 3600))
    const closes = await Promise.all([once(short, 'close'), once(automerge, 'close')])
    const late = Date.now() - expiry * 1000
    for (const [code, reason] of closes)
      expect([code, String(reason)]).toEqual([4401, 'unauthenticated: the token has expired'])
    expect(late).toBeGreaterThanOrEqual(-20)
    expect(late).toBeLessThan(LATE_MS_MAX)
    expect(long.readyState).toBe(WebSocket.OPEN)
    long.terminate()
  })

  test('an editor goes on with the next token, and has lost nothing', async () => {
    await using server = await ServerProcess.start({ SLUICE_JWT_SECRET: SECRET })
    const first = await tokenFor(Math.ceil(Date.now() / 1000) + 2)
    const client = new TextClient(server.socketUrl, 'articles/long', 'body', first)
    await until(() => client.provider.synced, 'the first synchronisation')
    client.doc.getText('body').insert(0, 'before ')
    await until(() => !client.provider.shouldConnect, 'the token to expire')
    client.doc.getText('body').insert(7, 'after')
    const next = await tokenFor(Math.ceil(Date.now() / 1000) + 600)
    client.provider.params.token = next
    client.provider.connect()
    const text = async () =>
      (await rest(server.url, 'GET', '/v1/records/articles/long/text/body?format=plain', undefined, as(next)))
        .body
    await until(async () => (await text()) === 'before after', 'both to be stored')
    client.provider.destroy()
  })

  test('ends an event stream cleanly, and connecting again with it is 401', async () => {
    await using server = await ServerProcess.start({ SLUICE_JWT_SECRET: SECRET })
    const expiry = Math.ceil(Date.now() / 1000) + 2
    const headers = { accept: 'text/event-stream', ...as(await tokenFor(expiry)) }
    const stream = new EventReader(await fetch(`${server.url}/v1/changes`, { headers }))
    expect(await stream.next()).not.toBeNull()
    expect(await stream.next()).toBeNull()
    const late = Date.now() - expiry * 1000
    expect(late).toBeGreaterThanOrEqual(-20)
    expect(late).toBeLessThan(LATE_MS_MAX)
    // What clocks may differ by is granted to new requests.
    await new Promise((resolve) => setTimeout(resolve, 6_000))
    expect((await fetch(`${server.url}/v1/changes`, { headers })).status).toBe(401)
  })
})

describe('W11: pages from elsewhere', () => {
  const tokenOf = (): Promise<string> =>
    new SignJWT({ sub: 'ada' })
      .setProtectedHeader({ alg: 'HS256' })
      .setExpirationTime('1h')
      .sign(new TextEncoder().encode(SECRET))

  /** @returns the status of a refusal, or `open`. */
  async function connect(server: ServerProcess, headers: Record<string, string>): Promise<string> {
    const socket = new WebSocket(`${server.socketUrl}/automerge?token=${await tokenOf()}`, { headers })
    try {
      await once(socket, 'open')
      socket.terminate()
      return 'open'
    } catch (error) {
      return /\d{3}/.exec(String(error))?.[0] ?? String(error)
    }
  }

  test('a WebSocket is for pages of the same host, for listed ones and for programs', async () => {
    await using server = await ServerProcess.start({
      SLUICE_JWT_SECRET: SECRET,
      SLUICE_ORIGINS: 'https://app.example, http://localhost:5173',
    })
    const here = `127.0.0.1:${server.port}`
    expect(await connect(server, {})).toBe('open')
    expect(await connect(server, { origin: `http://${here}` })).toBe('open')
    expect(await connect(server, { origin: 'https://app.example' })).toBe('open')
    expect(await connect(server, { origin: 'http://localhost:5173' })).toBe('open')
    expect(await connect(server, { origin: 'https://sluice.example', host: 'sluice.example:443' })).toBe(
      'open',
    )
    for (const origin of ['https://evil.example', 'null', 'http://127.0.0.1:1', 'http://app.example', ''])
      expect([origin, await connect(server, { origin })]).toEqual([origin, '403'])
  })

  test('an open demo takes a listed page, and none without an address', async () => {
    await using server = await ServerProcess.start({ SLUICE_ORIGINS: 'https://app.example' })
    expect(await connect(server, { origin: 'https://app.example' })).toBe('open')
    expect(await connect(server, { origin: 'null' })).toBe('403')
    const read = (origin: string) => fetch(`${server.url}/v1/conflicts`, { headers: { origin } })
    expect((await read('https://app.example')).headers.get('access-control-allow-origin')).toBe(
      'https://app.example',
    )
    expect((await read('null')).status).toBe(403)
  })
})

test('the reason of a close fits its frame, whatever the client has put into it', async () => {
  await using server = await ServerProcess.start()
  for (const letter of ['é', '€', '😀'])
    for (const shift of ['', 'a', 'ab', 'abc']) {
      const name = encodeURIComponent(shift + letter.repeat(100))
      const socket = new WebSocket(`${server.socketUrl}/yjs/${name}/a`)
      const [code, reason] = (await once(socket, 'close')) as [number, Buffer]
      expect([code, reason.toString()]).toEqual([4404, expect.stringMatching(/^unknown_collection: /)])
    }
})
