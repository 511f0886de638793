// Spoiled requests: REST writes, decisions and queries, uploads in the four forms, and bytes that are no HTTP.
import { once } from 'node:events'
import { connect } from 'node:net'
import { mutateBytes, randomBytes } from './byte-mutator.ts'
import { mutateJson, restBodies, uploadBodies } from './json-targets.ts'
import type { Attack, AttackReport } from './socket-attacks.ts'

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)
const rests = restBodies.map((body) => utf8(JSON.stringify(body)))
const uploads = uploadBodies().map(utf8)
const COLLECTIONS = ['patients', 'items', 'orders', 'tickets', 'articles', 'nowhere', '__proto__']
const QUERIES = [
  '?limit=',
  '?cursor=',
  '?at=',
  '?state=',
  '?q=',
  '?filter=',
  '?base=',
  '?after=',
  '?assignee=',
]
const GETS = [
  '/v1/records/items',
  '/v1/records/items/x',
  '/v1/conflicts',
  '/v1/search',
  '/v1/schema',
  '/v1/session',
  '/v1/records/articles/x/history',
]

interface Call {
  readonly method: string
  readonly path: string
  readonly body?: Uint8Array
  readonly headers?: Readonly<Record<string, string>>
}

async function call(url: string, { method, path, body, headers }: Call): Promise<AttackReport> {
  const sent = [Buffer.from(`${method} ${path} ${JSON.stringify(headers ?? {})}`).toString('base64')]
  if (body !== undefined) sent.push(Buffer.from(body).toString('base64'))
  const response = await fetch(`${url.replace(/^ws/, 'http')}${path}`, {
    method,
    headers: { 'content-type': 'application/json', ...headers },
    ...(body === undefined ? {} : { body: body as Uint8Array<ArrayBuffer> }),
    signal: AbortSignal.timeout(ANSWER_MS),
  })
  await response.arrayBuffer()
  return { frames: 1, end: String(response.status), sent }
}

const ANSWER_MS = 20_000

/** Header values are of visible ASCII: the rest no client library sends. */
const headerText = (bytes: Uint8Array): string =>
  Buffer.from(bytes)
    .toString('latin1')
    .replaceAll(/[^\x20-\x7e]/g, '?')

export const attackRest: Attack = (url, number, random) => {
  const body = mutateJson(random.pick(rests), random.pick(rests), random)
  const collection = random.pick(COLLECTIONS)
  const id = `${collection}-${number >> 4}`
  const headers: Record<string, string> = { authorization: `Bearer mallory-${number % 5}` }
  if (random.chance(0.2))
    headers['sluice-metadata'] = headerText(mutateJson(random.pick(rests), body, random))
  if (random.chance(0.1)) headers['if-match'] = headerText(mutateBytes(utf8('"abc"'), body, random))
  if (random.chance(0.1)) headers['idempotency-key'] = headerText(randomBytes(random))
  if (random.chance(0.1)) headers.prefer = 'handling=strict'
  switch (random.int(0, 5)) {
    case 0:
      return call(url, { method: 'POST', path: `/v1/records/${collection}`, body, headers })
    case 1:
      return call(url, { method: 'PUT', path: `/v1/records/${collection}/${id}`, body, headers })
    case 2:
      return call(url, { method: 'PUT', path: `/v1/conflicts/c-${id}/resolution`, body, headers })
    case 3: {
      const value = encodeURIComponent(headerText(randomBytes(random)))
      return call(url, {
        method: 'GET',
        path: `${random.pick(GETS)}${random.pick(QUERIES)}${value}`,
        headers,
      })
    }
    default:
      return call(url, { method: 'PATCH', path: `/v1/records/${collection}/${id}`, body, headers })
  }
}

export const attackUpload: Attack = (url, number, random) => {
  const body = mutateJson(random.pick(uploads), random.pick(uploads), random)
  const method = random.pick(['POST', 'POST', 'POST', 'PUT', 'PATCH', 'DELETE'])
  const headers = { authorization: `Bearer mallory-${number % 5}` }
  return call(url, { method, path: '/v1/upload', body, headers })
}

const REQUESTS = [
  'GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n',
  'POST /v1/upload HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{"a":\r\n',
  'GET /yjs/articles/a HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
].map(utf8)
const LISTEN_MS = 50

/** Bytes on the bare port: spoiled requests, and spoiled WebSocket frames behind an honest upgrade. */
export const attackPort: Attack = async (url, _number, random) => {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  socket.on('error', () => {})
  await once(socket, 'connect').catch(() => {})
  const upgrade = random.chance(0.5) ? REQUESTS.at(-1) : undefined
  const request = upgrade ?? mutateBytes(random.pick(REQUESTS), random.pick(REQUESTS), random)
  const behind = mutateBytes(Uint8Array.of(0x82, 0x84, 1, 2, 3, 4, 2, 2, 2, 2), request, random)
  socket.write(request)
  socket.write(behind)
  await new Promise((resolve) => setTimeout(resolve, LISTEN_MS))
  socket.destroy()
  const sent = [request, behind].map((bytes) => Buffer.from(bytes).toString('base64'))
  return { frames: 2, end: 'destroyed', sent }
}
