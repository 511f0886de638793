// W15 on the real program: at the most talkative level, with every way to send a token, good and bad, none is logged.
import { once } from 'node:events'
import { connect } from 'node:net'
import { encode } from 'cbor-x'
import { expect, test } from 'vitest'
import WebSocket from 'ws'
import { writeAwareness, writeToken } from '../../shared/wire/y-protocol.ts'
import { as, rest } from '../support/rest-client.ts'
import { ServerProcess } from '../support/server-process.ts'
import { SECRET, secondsFromNow, signToken } from '../support/sign-token.ts'
import { until } from '../support/until.ts'

const FOREIGN_SECRET_TOKEN =
  'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJtYWxsb3J5LXRoZS1mb3JnZXIiLCJleHAiOjQxMDI0NDQ4MDB9.Zm9yZ2VkLXNpZ25hdHVyZQ'

const DOORS = [
  'yjs/articles/a',
  'yjs/articles/%ff',
  'yjs/nothing/a',
  'automerge',
  'automerge/below',
  'elsewhere',
]

const FRAMES = [
  new Uint8Array([9]),
  writeAwareness(new Uint8Array([255])),
  encode({ type: 'join', senderId: 'ada', supportedProtocolVersions: ['1'] }),
  new Uint8Array(4_096),
]

/** Connects, says what it can, and goes. */
async function visit(url: string, token: string, options: WebSocket.ClientOptions, protocols: string[]) {
  const socket = new WebSocket(url, protocols, options)
  socket.on('error', () => {})
  const opened = await Promise.race([
    once(socket, 'open').then(() => true),
    once(socket, 'close').then(() => false),
  ]).catch(() => false)
  if (opened) {
    socket.send(writeToken(token))
    for (const frame of FRAMES) if (socket.readyState === WebSocket.OPEN) socket.send(frame)
    socket.send(`token=${token}`)
    await Promise.race([once(socket, 'close'), new Promise((resolve) => setTimeout(resolve, 300))])
  }
  socket.terminate()
}

const everyWay = (server: ServerProcess, door: string, token: string): readonly Promise<void>[] => {
  const url = `${server.socketUrl}/${door}`
  return [
    visit(`${url}?token=${token}`, token, {}, []),
    visit(url, token, { headers: as(token) }, []),
    visit(url, token, {}, [token]),
    visit(`${url}?token=${token}`, token, { headers: { origin: 'https://evil.example' } }, []),
  ]
}

async function ask(server: ServerProcess, token: string): Promise<void> {
  const headers = as(token)
  const body = { id: 'P-1', name: 'Ada', token }
  await rest(server.url, 'GET', '/v1/conflicts', undefined, headers)
  await rest(server.url, 'GET', `/v1/conflicts?token=${token}`, undefined, headers)
  await rest(server.url, 'GET', `/v1/records/patients?token=${token}`)
  await rest(server.url, 'POST', '/v1/records/patients', body, headers)
  await rest(
    server.url,
    'POST',
    '/v1/upload',
    { batch: [{ op: 'PUT', table: 'none', id: '1', data: body }] },
    headers,
  )
  await rest(server.url, 'POST', '/v1/revocations', { jti: 'nothing' }, headers)
  await rest(server.url, 'DELETE', `/?token=${token}`, undefined, headers)
  await rest(server.url, 'GET', `/v1/records/patients/${token}`, undefined, headers)
  const stream = new AbortController()
  const events = { accept: 'text/event-stream', ...headers }
  await fetch(`${server.url}/v1/changes?token=${token}`, { headers: events, signal: stream.signal })
  await fetch(`${server.url}/v1/changes`, { headers: events, signal: stream.signal })
  stream.abort()
}

/** Bytes that no HTTP client would send. */
async function sendRaw(server: ServerProcess, request: string): Promise<void> {
  const socket = connect(server.port, '127.0.0.1')
  socket.on('error', () => {})
  socket.end(request)
  socket.resume()
  await once(socket, 'close')
}

test('W15: no token is in the log, nor anything that only a token holds', async () => {
  await using server = await ServerProcess.start({
    SLUICE_JWT_SECRET: SECRET,
    SLUICE_REVOKER_ROLE: 'steward',
    SLUICE_LOG_LEVEL: 'trace',
    SLUICE_FRAME_BYTES_MAX: '2048',
  })
  const tokens = {
    good: await signToken('ada', { jti: 'good' }),
    expiring: await signToken('ada', { exp: secondsFromNow(2) }),
    expired: await signToken('ada', { exp: secondsFromNow(-60) }),
    revoked: await signToken('ada', { jti: 'lost' }),
    steward: await signToken('root', { roles: ['steward'] }),
    forged: FOREIGN_SECRET_TOKEN,
    opaque: 'opaque-secret-0123456789',
  }
  await rest(server.url, 'POST', '/v1/revocations', { jti: 'lost' }, as(tokens.steward))
  for (const token of Object.values(tokens)) {
    for (const door of DOORS) await Promise.all(everyWay(server, door, token))
    await ask(server, token)
    for (const line of [`GET //[?token=${token}`, `GET ws://[?token=${token}`, `BREW /?token=${token}`])
      for (const headers of [
        `Host: x\r\n`,
        `Host: [\r\nAuthorization: Bearer ${token}\r\n`,
        `Upgrade: websocket\r\nConnection: upgrade\r\nHost: x\r\n`,
      ])
        await sendRaw(server, `${line} HTTP/1.1\r\n${headers}\r\n`)
  }
  await until(() => server.output.includes('"level":20'), 'something to be logged at all')
  expect((await fetch(`${server.url}/healthz`)).status).toBe(200)
  await server.stop()
  // One JSON object per line, whatever was sent.
  for (const line of server.output.split('\n').filter((text) => text.startsWith('{')))
    expect(JSON.parse(line)).toMatchObject({ level: expect.any(Number), time: expect.any(Number) })
  for (const [name, token] of Object.entries(tokens)) {
    expect([name, server.output.includes(token)]).toEqual([name, false])
    // The header is the same in every token of this kind.
    for (const part of token.split('.').slice(1))
      expect([name, server.output.includes(part)]).toEqual([name, false])
  }
  // Nor did the last guard have anything to take out.
  expect(server.output.includes('[token]')).toBe(false)
  expect(server.output.includes(SECRET)).toBe(false)
})
