// The listener against what arrives at a port: wrong addresses, wrong frames, foreign pages, half-open peers.
import { once } from 'node:events'
import { connect } from 'node:net'
import { describe, expect, it } from 'vitest'
import WebSocket from 'ws'
import { SYNC_PROTOCOL } from '../../shared/sync/messages.ts'
import { ServerProcess } from '../support/server-process.ts'
import { until } from '../support/until.ts'

/** Opens a socket, sends the frames and waits for the close. */
async function closeOf(
  url: string,
  frames: readonly (string | Uint8Array)[],
  headers: Record<string, string> = {},
): Promise<string> {
  const socket = new WebSocket(url, { headers })
  socket.on('open', () => {
    for (const frame of frames) socket.send(frame)
  })
  try {
    const [code, reason] = (await once(socket, 'close')) as [number, Buffer]
    return `${code} ${reason.toString()}`
  } catch (error) {
    return String(error)
  }
}

async function raw(port: number, text: string): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  socket.end(text)
  let answer = ''
  socket.on('data', (chunk: Buffer) => {
    answer += chunk.toString()
  })
  await once(socket, 'close')
  return answer
}

describe('the listener', () => {
  it('K2: tells what a door has to say at once in one piece with the answer to the upgrade', async () => {
    await using server = await ServerProcess.start()
    const socket = connect(server.port, '127.0.0.1')
    const headers = [
      'Host: localhost',
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 13',
    ]
    const key = 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=='
    socket.write([`GET /sync/${SYNC_PROTOCOL} HTTP/1.1`, ...headers, key, '', ''].join('\r\n'))
    const [first] = (await once(socket, 'data')) as [Buffer]
    expect(first.toString('latin1')).toMatch(/^HTTP\/1\.1 101 .*\r\n\r\n.*anonymous/s)
    socket.destroy()
  })

  it('closes on frames that are no frames, with the fault named, and lives', async () => {
    await using server = await ServerProcess.start({ SLUICE_FRAME_BYTES_MAX: '4096' })
    const yjs = `${server.socketUrl}/yjs/articles/a`
    const automerge = `${server.socketUrl}/automerge`
    expect(await closeOf(yjs, [new Uint8Array([9])])).toMatch(
      /^4400 bad_frame: unknown message type 9 at byte/,
    )
    expect(await closeOf(yjs, ['hello'])).toMatch(/^4400 bad_frame: a text frame/)
    expect(await closeOf(yjs, [new Uint8Array(5000)])).toMatch(/^1009/)
    expect(await closeOf(automerge, [new Uint8Array([0xff, 1, 2])])).toMatch(/^4400 bad_frame/)
    expect(await closeOf(automerge, [new Uint8Array([0x9a, 0x7f, 0xff, 0xff, 0xff])])).toMatch(
      /^4400 bad_frame/,
    )
    expect(await closeOf(`${server.socketUrl}/yjs/nowhere/a`, [])).toMatch(
      /^4404 unknown_collection: there is no collection "nowhere"/,
    )
    expect(await closeOf(`${server.socketUrl}/yjs/articles`, [])).toMatch(/^4400 bad_request/)
    expect(await closeOf(`${server.socketUrl}/yjs/articles/%ff`, [])).toMatch(/^4400 bad_request/)
    expect(await closeOf(`${server.socketUrl}/elsewhere`, [])).toContain('404')
    const upgrade = 'Connection: Upgrade\r\nUpgrade: websocket\r\nHost: localhost\r\n\r\n'
    expect(await raw(server.port, `GET //[ HTTP/1.1\r\n${upgrade}`)).toContain('400')
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200)
  })

  it('an open demo answers to this machine only: no foreign Host, no foreign Origin', async () => {
    await using server = await ServerProcess.start()
    const yjs = `${server.socketUrl}/yjs/articles/a`
    expect(await closeOf(yjs, [], { origin: 'https://evil.example' })).toContain('403')
    expect(await closeOf(yjs, [], { host: 'rebound.example' })).toContain('403')
    expect(
      await raw(
        server.port,
        'GET /v1/conflicts HTTP/1.1\r\nHost: rebound.example\r\nConnection: close\r\n\r\n',
      ),
    ).toContain('403')
    const local = new WebSocket(yjs, { headers: { origin: `http://localhost:${server.port}` } })
    await once(local, 'open')
    local.terminate()
  })

  it('a peer that answers no pings is gone after two intervals', async () => {
    await using server = await ServerProcess.start({ SLUICE_PING_INTERVAL_MS: '1000' })
    const silent = new WebSocket(`${server.socketUrl}/yjs/articles/a`, { autoPong: false })
    const lively = new WebSocket(`${server.socketUrl}/yjs/articles/a`)
    await Promise.all([once(silent, 'open'), once(lively, 'open')])
    await until(() => silent.readyState === WebSocket.CLOSED, 'the silent one to go')
    expect(lively.readyState).toBe(WebSocket.OPEN)
    lively.terminate()
  })

  it('tokens are verified at the upgrade where a secret is set', async () => {
    await using server = await ServerProcess.start({
      SLUICE_JWT_SECRET: 'a secret of more than thirty-two characters',
    })
    expect(await closeOf(`${server.socketUrl}/yjs/articles/a?token=forged`, [])).toMatch(
      /^4401 unauthenticated/,
    )
    expect(await closeOf(`${server.socketUrl}/automerge`, [])).toMatch(/^4401 unauthenticated/)
    expect((await fetch(`${server.url}/v1/conflicts`)).status).toBe(401)
    expect(await (await fetch(server.url)).text()).not.toContain('/v1/records/patients')
  })
})
