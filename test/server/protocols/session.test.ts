// What a room tells everybody is framed once, by the server itself: an unmodified client has to read it as it was meant,
// in between of what `ws` frames.
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { Session } from '../../../server/protocols/session.ts'
import { until } from '../../support/until.ts'

const actor = { subject: 'ann', tenant: 'default', roles: [], device: null, expiresAt: null }

/** A session and the client at its other end. */
async function connected(
  bufferedBytesMax = 2 ** 24,
): Promise<{ session: Session; client: WebSocket; close: () => void }> {
  const http = createServer()
  const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false })
  const session = new Promise<Session>((resolve) => {
    http.on('upgrade', (request, socket, head) =>
      sockets.handleUpgrade(request, socket, head, (webSocket) => {
        const identity = { id: '1', actor, door: 'yjs' } as const
        resolve(new Session(webSocket, identity, { bufferedBytesMax }, () => '2026-01-01T00:00:00Z', socket))
      }),
    )
  })
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  const client = new WebSocket(`ws://127.0.0.1:${(http.address() as AddressInfo).port}`)
  await once(client, 'open')
  return { session: await session, client, close: () => http.close() }
}

const message = (length: number): Uint8Array => Uint8Array.from({ length }, (_, index) => (index * 7) % 256)

describe('Session', () => {
  it('W4: a shared message arrives whole and in order, whatever its length', async () => {
    const { session, client, close } = await connected()
    const received: Buffer[] = []
    client.on('message', (data: Buffer) => received.push(data))
    const closed = once(client, 'close')
    const sent = [1, 125, 126, 127, 65_535, 65_536, 200_000].map(message)
    for (const one of sent) {
      session.sendShared(one)
      session.send(one)
    }
    session.terminate(4401, 'over')
    session.sendShared(message(1))
    expect(await closed).toMatchObject([4401, Buffer.from('over')])
    expect(received.map((data) => data.length)).toEqual(sent.flatMap(({ length }) => [length, length]))
    expect(received.every((data, index) => data.equals(sent[Math.floor(index / 2)] ?? message(0)))).toBe(true)
    close()
  })

  it('W9: who is still reading a large text is not closed for the keystrokes behind it, but for as many as may wait', async () => {
    const { session, client, close } = await connected(1024 * 1024)
    const text = message(32 * 1024 * 1024)
    const keystrokes = message(60 * 1024)
    client.pause()
    session.sendShared(text)
    for (let count = 0; count < 10; count++) session.sendShared(keystrokes)
    expect(session.waitingBytes).toBeGreaterThan(8 * 1024 * 1024)
    expect(session.fault).toBe(null)
    for (let count = 0; count < 10; count++) session.sendShared(keystrokes)
    expect(session.fault).toBe('too_many')
    client.terminate()
    close()
  })

  it('W9: once a large text has been read, no more waits than may', async () => {
    const { session, client, close } = await connected(1024 * 1024)
    let received = 0
    client.on('message', (data: Buffer) => {
      received += data.length
    })
    const text = message(32 * 1024 * 1024)
    session.send(text)
    await until(() => received === text.length && session.waitingBytes === 0, 'the text to be read')
    client.pause()
    for (let count = 0; count < 400 && session.fault === null; count++) session.send(message(64 * 1024))
    expect(session.fault).toBe('too_many')
    expect(session.waitingBytes).toBeLessThan(1.2 * 1024 * 1024)
    client.terminate()
    close()
  })
})
