// Payloads that cost more than they weigh, and clients that send or read at a pace of their own.
import { deflateRawSync } from 'node:zlib'
import * as Automerge from '@automerge/automerge'
import { describe, expect, test } from 'vitest'
import * as Y from 'yjs'
import { newRecord } from '../../client/automerge/new-record.ts'
import { errorTable } from '../../shared/errors/error-table.ts'
import { writeSyncStep1, writeUpdate } from '../../shared/wire/y-protocol.ts'
import config from '../../sluice.config.ts'
import { rawUpdate } from '../server/gate/raw-update.ts'
import { signed } from '../server/gate/signed-chunk.ts'
import type { ServerProcess as Server } from '../support/server-process.ts'
import { ServerProcess } from '../support/server-process.ts'
import { until } from '../support/until.ts'
import { compare, toldOf } from './beside.ts'
import { latenciesBeside, pause, told } from './latency.ts'
import { RawSocket } from './raw-socket.ts'
import { report, size, TIMEOUT_MS } from './size.ts'
import { bring, join } from './sync-frames.ts'
import { sendAll, typed } from './typing.ts'

const MIB = 1024 * 1024

const text = (server: Server, who = 'mallory'): Promise<RawSocket> =>
  RawSocket.upgrade(server.port, `/yjs/articles/target?token=${who}`)

function* repeated(count: number, make: (index: number) => Uint8Array): Generator<Uint8Array> {
  for (let index = 0; index < count; index++) yield make(index)
}

describe('W9: frames and bodies that are too large', () => {
  test(
    'a frame of 100 MB, whole or in pieces, is closed with 1009 before it is read',
    async () => {
      await using server = await ServerProcess.start()
      const before = server.residentMiB
      const whole = await text(server)
      whole.send(Buffer.alloc(MIB), { announced: 100 * MIB })
      await until(() => whole.isClosed, 'the large frame to be refused')
      const pieces = await text(server)
      for (let piece = 0; piece < 100 && !pieces.isClosed; piece++) {
        pieces.send(Buffer.alloc(MIB), { kind: piece === 0 ? 'binary' : 'continuation', isLast: false })
        await pause(1)
      }
      await until(() => pieces.isClosed, 'the frame in pieces to be refused')
      expect([whole.closeCode, pieces.closeCode]).toEqual([1009, 1009])
      report(
        'a frame of 100 MB',
        `closed 1009, ${(server.residentMiB - before).toFixed(0)} MiB more in memory`,
      )
      expect((await fetch(`${server.url}/healthz`)).status).toBe(200)
    },
    TIMEOUT_MS,
  )

  test(
    'deflate is not agreed to, a deflated frame is closed, and deflated bodies and changes stay small',
    async () => {
      await using server = await ServerProcess.start()
      const before = server.residentMiB
      const bomb = deflateRawSync(Buffer.alloc(100 * MIB))
      const socket = await RawSocket.upgrade(server.port, '/yjs/articles/target', 'permessage-deflate')
      expect(socket.handshake.toLowerCase()).not.toContain('permessage-deflate')
      socket.send(bomb, { isDeflated: true })
      await until(() => socket.isClosed, 'the deflated frame to be refused')
      expect(socket.closeCode).toBe(1002)
      const answer = await fetch(`${server.url}/v1/upload`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'content-encoding': 'deflate' },
        body: bomb,
      })
      expect(answer.status).toBe(400)
      const { documentId, binary } = newRecord(config, { collection: 'patients', id: 'bomb' })
      const change = await RawSocket.upgrade(server.port, '/automerge?token=mallory')
      change.send(join())
      const genesis = Automerge.getAllChanges(Automerge.load(binary))
      change.send(bring(documentId, [...genesis, signed(new Uint8Array(64 * MIB), 2)]))
      await until(async () => (await fetch(`${server.url}/healthz`)).ok, 'the server to answer')
      change.destroy()
      report('deflate bombs', `${(server.residentMiB - before).toFixed(0)} MiB more in memory`)
      expect(server.isRunning).toBe(true)
    },
    TIMEOUT_MS,
  )
})

describe('W6: updates that cost more than they weigh', () => {
  test(
    'bombs of deletions are refused, and do not hold up the others',
    async () => {
      await using server = await ServerProcess.start()
      const quiet = await latenciesBeside(server, pause(size(3_000, 300)))
      const ranges = Array.from({ length: size(250_000, 20_000) }, () => [0, 1] as const)
      const many = rawUpdate({ deletes: [{ client: 1, ranges }] })
      const wide = rawUpdate({ deletes: [{ client: 1, ranges: [[0, 2 ** 31]] }] })
      const codes = new Set<number | null>()
      // Each ends its socket, so whoever throws them comes again.
      const attack = async (): Promise<void> => {
        for (let round = 0; round < size(20, 3); round++)
          for (const bomb of [many, wide]) {
            const socket = await text(server)
            await sendAll(socket, [writeUpdate(bomb)])
            await until(() => socket.closeCode !== null, 'the bomb to be refused', TIMEOUT_MS)
            codes.add(socket.closeCode)
            socket.destroy()
          }
      }
      const beside = await latenciesBeside(server, attack())
      report(`bombs of ${ranges.length} deletions`, `quiet ${told(quiet)}; beside them ${told(beside)}`)
      expect([...codes]).toEqual([errorTable.refused_change.close])
    },
    TIMEOUT_MS,
  )

  test(
    'a deletion that is honest and costs Yjs long does not hold up the others',
    async () => {
      await using server = await ServerProcess.start()
      const holes = size(5_000, 2_000)
      const compared = await compare(
        server,
        { kind: 'holes', holes, texts: size(20, 1) },
        { quietMs: size(3_000, 300), forMs: null },
      )
      report(`deletions with ${holes} holes`, toldOf(compared))
      expect(compared.beside.count).toBeGreaterThan(0)
    },
    TIMEOUT_MS,
  )

  test(
    'updates that build on what never comes leave nothing in memory, and are no reason to close',
    async () => {
      await using server = await ServerProcess.start()
      const socket = await text(server)
      const doc = new Y.Doc()
      doc.getText('body').insert(0, 'x')
      const seen = Y.encodeStateVector(doc)
      doc.getText('body').insert(1, 'y'.repeat(1_000))
      const orphan = writeUpdate(Y.encodeStateAsUpdate(doc, seen))
      const flood = async (): Promise<number> => {
        await sendAll(
          socket,
          repeated(size(4_000, 300), () => orphan),
        )
        await pause(1_000)
        return server.residentMiB
      }
      const quiet = told(await latenciesBeside(server, pause(size(3_000, 300))))
      const first = await flood()
      const figures = told(await latenciesBeside(server, flood()))
      const last = await flood()
      report(
        'updates with missing dependencies',
        `${first.toFixed(0)} → ${last.toFixed(0)} MiB; quiet ${quiet}; beside them ${figures}`,
      )
      expect(socket.isClosed).toBe(false)
      expect(last - first).toBeLessThan(64)
      socket.destroy()
    },
    TIMEOUT_MS,
  )

  test(
    'changes that build on what never comes are bounded, and do not hold up the others',
    async () => {
      await using server = await ServerProcess.start()
      const count = size(1_500, 100)
      const busyBefore = server.mainThreadMs
      const compared = await compare(
        server,
        { kind: 'orphans', count },
        { quietMs: size(3_000, 300), forMs: null },
      )
      report(
        `${count} changes with missing dependencies`,
        `${server.mainThreadMs - busyBefore} ms of work in all; ${toldOf(compared)}`,
      )
      report('their session', compared.result === null ? 'open' : `closed ${compared.result}`)
      expect(compared.beside.count).toBeGreaterThan(0)
      expect([null, errorTable.too_many.close]).toContain(compared.result)
    },
    TIMEOUT_MS,
  )
})

describe('W8: clients that send or read at a pace of their own', () => {
  test(
    'who never reads is closed, the memory does not follow him, and who reads stays, however much one commit tells',
    async () => {
      await using server = await ServerProcess.start()
      const reader = await text(server, 'eve')
      reader.send(writeSyncStep1(Uint8Array.of(0)))
      await pause(200)
      reader.socket.pause()
      const writer = await text(server, 'ada')
      const before = server.residentMiB
      const [frames, bytes] = [size(250, 150), 100_000]
      await sendAll(writer, typed(frames, bytes), 5)
      const isTold = (): boolean => writer.isClosed || writer.received >= frames * bytes
      const alive = setInterval(() => writer.send(new Uint8Array(), { kind: 'pong' }), 10_000)
      await until(isTold, 'all to be stored and told', TIMEOUT_MS).finally(() => clearInterval(alive))
      expect(writer.closeCode).toBe(null)
      reader.socket.resume()
      await until(() => reader.isClosed, 'the slow reader to be closed')
      report(
        'a slow reader',
        `closed ${reader.closeCode ?? 'without a word'}, ${(server.residentMiB - before).toFixed(0)} MiB more`,
      )
      expect(writer.isClosed).toBe(false)
      writer.destroy()
    },
    TIMEOUT_MS,
  )

  test(
    'a flood leaves the others their answers',
    async () => {
      await using server = await ServerProcess.start()
      const compared = await compare(
        server,
        { kind: 'flood', sockets: 5 },
        { quietMs: size(10_000, 500), forMs: size(10_000, 1_500) },
      )
      report('a flood on five sockets', toldOf(compared))
      expect(compared.beside.count).toBeGreaterThan(0)
    },
    TIMEOUT_MS,
  )
})
