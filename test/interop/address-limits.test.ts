// W14 on the real program: what one address may fail at and hold open, and that others do not notice.
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { describe, expect, test } from 'vitest'
import WebSocket from 'ws'
import { as, rest } from '../support/rest-client.ts'
import { ServerProcess } from '../support/server-process.ts'
import { SECRET, signToken } from '../support/sign-token.ts'
import { until } from '../support/until.ts'

const LIMITS = {
  SLUICE_JWT_SECRET: SECRET,
  SLUICE_FAILED_AUTHENTICATIONS_PER_MINUTE: '6',
}

/** @returns the status of a refused upgrade, or the close code of one that was let in first. */
async function refusalOf(server: ServerProcess, token: string, headers = {}): Promise<number> {
  const socket = new WebSocket(`${server.socketUrl}/automerge?token=${token}`, { headers })
  const outcome = await Promise.race([
    once(socket, 'close').then(([code]) => code as number),
    once(socket, 'unexpected-response').then(([, response]) => response.statusCode as number),
  ])
  socket.on('error', () => {})
  socket.terminate()
  return outcome
}

describe('W14: failed authentications', () => {
  test('beyond the limit an address is refused with 429 at every door; known tokens pass, others come back', async () => {
    await using server = await ServerProcess.start(LIMITS)
    const [known, fresh] = [await signToken('ada'), await signToken('bob')]
    const ask = (token: string) => rest(server.url, 'GET', '/v1/conflicts', undefined, as(token))
    expect((await ask(known)).status).toBe(200)
    const statuses: number[] = []
    for (let attempt = 0; attempt < 6; attempt++) {
      statuses.push((await ask(`forged-${attempt}`)).status)
      statuses.push(await refusalOf(server, `forged-${attempt}`))
    }
    expect(statuses.slice(0, 2)).toEqual([401, 4401])
    expect(statuses.slice(-4)).toEqual([429, 429, 429, 429])
    const refused = await ask(fresh)
    expect([refused.status, refused.body]).toEqual([
      429,
      expect.objectContaining({ code: 'too_many', retryable: true }),
    ])
    expect((await ask(known)).status).toBe(200)
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200)
    await until(async () => (await ask(fresh)).status === 200, 'the address to be heard again')
  })

  test('of clients behind a trusted proxy each counts for himself; a header from elsewhere counts for nothing', async () => {
    const fail = async (server: ServerProcess, address: string) =>
      refusalOf(server, 'forged', { 'x-forwarded-for': address })
    const failTen = async (server: ServerProcess, addressOf: (n: number) => string) => {
      const outcomes = new Set<number>()
      for (let number = 1; number <= 10; number++) outcomes.add(await fail(server, addressOf(number)))
      return [...outcomes].toSorted()
    }
    await using proxied = await ServerProcess.start({ ...LIMITS, SLUICE_TRUSTED_PROXIES: '127.0.0.0/8' })
    expect(await failTen(proxied, (number) => `203.0.113.${number}`)).toEqual([4401])
    expect(await failTen(proxied, () => '198.51.100.1')).toEqual([429, 4401])
    await using direct = await ServerProcess.start(LIMITS)
    expect(await failTen(direct, (number) => `203.0.113.${number}`)).toEqual([429, 4401])
  })
})

describe('W14: connections', () => {
  const hold = async (server: ServerProcess): Promise<Socket> => {
    const socket = connect(server.port, '127.0.0.1')
    socket.on('error', () => {})
    await once(socket, 'connect')
    return socket
  }

  test('one address may hold so many, half-open ones included; one given back is free', async () => {
    await using server = await ServerProcess.start({ SLUICE_CONNECTIONS_PER_ADDRESS_MAX: '10' })
    const held: Socket[] = []
    for (let number = 0; number < 10; number++) held.push(await hold(server))
    const tooMany = await hold(server)
    if (!tooMany.destroyed) await once(tooMany, 'close')
    await expect(fetch(`${server.url}/healthz`)).rejects.toThrow()
    for (const socket of held) expect(socket.destroyed).toBe(false)
    held.pop()?.destroy()
    await until(async () => (await fetch(`${server.url}/healthz`)).status === 200, 'a place to be free')
    for (const socket of held) socket.destroy()
  })

  test('a trusted proxy holds as many as it needs', async () => {
    await using server = await ServerProcess.start({
      SLUICE_CONNECTIONS_PER_ADDRESS_MAX: '2',
      SLUICE_TRUSTED_PROXIES: '127.0.0.1',
    })
    const held = await Promise.all(Array.from({ length: 20 }, () => hold(server)))
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200)
    for (const socket of held) socket.destroy()
  })
})
