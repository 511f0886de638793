// Readers that never read, against the real program: what waits for each is bounded, and nobody else notices.
import { once } from 'node:events'
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { expect, test } from 'vitest'
import WebSocket from 'ws'
import { ServerProcess } from '../support/server-process.ts'
import { TextClient } from '../support/text-client.ts'
import { until } from '../support/until.ts'

const READERS = 50
const LETTERS_PER_UPDATE = 128 * 1024

/** Opens a socket that takes what the server says first, and then reads nothing. */
async function openDeaf(url: string): Promise<WebSocket> {
  const socket = new WebSocket(url)
  socket.on('error', () => {})
  await once(socket, 'open')
  socket.pause()
  return socket
}

const residentBytes = (server: ServerProcess): number => {
  const [, kibibytes = '0'] =
    /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${server.pid}/status`, 'utf8')) ?? []
  return Number(kibibytes) * 1024
}

/** Sockets that the process has not closed yet. */
function openSockets(server: ServerProcess): number {
  const folder = `/proc/${server.pid}/fd`
  return readdirSync(folder).filter((name) => {
    try {
      return readlinkSync(`${folder}/${name}`).startsWith('socket:')
    } catch {
      return false
    }
  }).length
}

test('W9: 50 readers that never read are closed, each for at most its bound of memory; who reads misses nothing', async () => {
  await using server = await ServerProcess.start({ SLUICE_SESSION_BYTES_PER_SECOND: '1000000000' })
  const [writer, reader] = ['ada', 'eve'].map(
    (subject) => new TextClient(server.socketUrl, 'articles/slow', 'body', subject),
  ) as [TextClient, TextClient]
  await until(() => writer.provider.synced && reader.provider.synced, 'the first synchronisation')
  const socketsBefore = openSockets(server)
  const deaf = await Promise.all(
    Array.from({ length: READERS }, () => openDeaf(`${server.socketUrl}/yjs/articles/slow`)),
  )
  const before = residentBytes(server)
  let peak = 0
  let isClosed = false
  const text = writer.doc.getText('body')
  for (let update = 0; update < 300 && !isClosed; update++) {
    text.insert(text.length, 'x'.repeat(LETTERS_PER_UPDATE))
    await until(() => reader.doc.getText('body').length === text.length, 'the reader to follow')
    peak = Math.max(peak, residentBytes(server) - before)
    isClosed = openSockets(server) <= socketsBefore
  }
  console.log(`50 readers that never read cost ${(peak / 2 ** 20).toFixed(0)} MiB at most`)
  expect(isClosed).toBe(true)
  // What waits for them, and what the text itself takes.
  expect(peak).toBeLessThan(READERS * 4 * 2 ** 20 + 400 * 2 ** 20)
  for (const socket of deaf) socket.terminate()
  for (const client of [writer, reader]) client.destroy()
})
