// Many sockets that do nothing: half-open ones, silent ones, idle ones.
import { describe, expect, test } from 'vitest'
import { writeSyncStep1 } from '../../shared/wire/y-protocol.ts'
import type { ServerProcess as Server } from '../support/server-process.ts'
import { ServerProcess } from '../support/server-process.ts'
import { until } from '../support/until.ts'
import { latenciesBeside, pause, told } from './latency.ts'
import { RawSocket } from './raw-socket.ts'
import { report, size, TIMEOUT_MS } from './size.ts'

const AT_ONCE = 100
/** All of them come from one address here. */
const CROWD = { SLUICE_CONNECTIONS_PER_ADDRESS_MAX: '20000' }
/** Half of what one subject may have open. */
const SUBJECT_SOCKETS = 1_000
const KIB_PER_MIB = 1_024

async function openMany(count: number, open: (index: number) => Promise<RawSocket>): Promise<RawSocket[]> {
  const sockets: RawSocket[] = []
  while (sockets.length < count) {
    const wanted = Math.min(AT_ONCE, count - sockets.length)
    const from = sockets.length
    sockets.push(...(await Promise.all(Array.from({ length: wanted }, (_, index) => open(from + index)))))
  }
  return sockets
}

/** Resident memory once it has stopped to move. */
async function settledMiB(server: Server): Promise<number> {
  let last = server.residentMiB
  for (let look = 0; look < 10; look++) {
    await pause(200)
    const now = server.residentMiB
    if (Math.abs(now - last) < 0.5) return now
    last = now
  }
  return last
}

describe('W9: sockets that cost and do not work', () => {
  test(
    'half-open ones keep nobody out, and are closed in the end',
    async () => {
      await using server = await ServerProcess.start(CROWD)
      const count = size(10_000, 200)
      const quiet = await latenciesBeside(server, pause(size(5_000, 300)))
      const before = await settledMiB(server)
      const sockets = await openMany(count, async (index) => {
        const socket = await RawSocket.dial(server.port)
        if (index % 2 === 0) socket.socket.write('GET /yjs/articles/a HTTP/1.1\r\nHost: 127.0.0.1\r\n')
        return socket
      })
      const after = await settledMiB(server)
      const beside = await latenciesBeside(server, pause(size(5_000, 300)))
      report(
        `${count} half-open sockets`,
        `${(((after - before) * KIB_PER_MIB) / count).toFixed(1)} KiB each; quiet ${told(quiet)}; beside them ${told(beside)}`,
      )
      expect(sockets.every(({ isClosed }) => !isClosed)).toBe(true)
      if (size(1, 0) === 1) {
        const began = performance.now()
        await until(() => sockets.every(({ isClosed }) => isClosed), 'all to be closed', 150_000)
        report(
          'half-open sockets',
          `all closed after ${((performance.now() - began) / 1_000).toFixed(0)} s more`,
        )
      }
      for (const socket of sockets) socket.destroy()
    },
    TIMEOUT_MS,
  )

  test(
    'silent peers are gone within two ping intervals, and no others',
    async () => {
      const intervalMs = size(5_000, 1_000)
      await using server = await ServerProcess.start({
        ...CROWD,
        SLUICE_PING_INTERVAL_MS: String(intervalMs),
      })
      const count = size(1_000, 50)
      const sockets = await openMany(count, (index) =>
        RawSocket.upgrade(server.port, `/automerge?token=s-${index}`),
      )
      const began = performance.now()
      await until(() => sockets.every(({ isClosed }) => isClosed), 'all to be gone', intervalMs * 6)
      // The second look finds that the ping of the first was not answered.
      expect(Math.max(...sockets.map(({ pings }) => pings))).toBeLessThanOrEqual(1)
      report(
        `${count} silent peers`,
        `all gone ${((performance.now() - began) / intervalMs).toFixed(1)} intervals after the last had come`,
      )
    },
    TIMEOUT_MS,
  )

  test(
    'idle sessions cost little memory each',
    async () => {
      await using server = await ServerProcess.start({ ...CROWD, SLUICE_PING_INTERVAL_MS: '600000' })
      const count = size(10_000, 300)
      const warm = await openMany(100, (index) => session(server, index))
      const before = await settledMiB(server)
      const sockets = await openMany(count, (index) => session(server, index))
      const after = await settledMiB(server)
      const kib = ((after - before) * KIB_PER_MIB) / count
      report(
        `${count} idle sessions`,
        `${kib.toFixed(1)} KiB each (${before.toFixed(0)} → ${after.toFixed(0)} MiB)`,
      )
      expect(sockets.every(({ isClosed }) => !isClosed)).toBe(true)
      // Of a few hundred the collector's own moods are the larger part.
      expect(kib).toBeLessThan(size(40, 400))
      for (const socket of [...warm, ...sockets]) socket.destroy()
    },
    TIMEOUT_MS,
  )
})

/** A y-websocket session that has synchronised; a hundred share a text. */
async function session(server: Server, index: number): Promise<RawSocket> {
  const subject = Math.floor(index / SUBJECT_SOCKETS)
  const socket = await RawSocket.upgrade(
    server.port,
    `/yjs/articles/idle-${Math.floor(index / 100)}?token=s-${subject}`,
  )
  socket.send(writeSyncStep1(Uint8Array.of(0)))
  return socket
}
