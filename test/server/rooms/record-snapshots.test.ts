// Snapshots that are taken beside the commits of a record (S5, W6), on rooms over a real SQLite file.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { collection, defineConfig, s } from 'sluice'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { RecordCommand } from '../../../server/plan/record-command.ts'
import { viewOf } from '../../../server/plan/view-of.ts'
import type { DocumentSaver } from '../../../server/rooms/document-saver.ts'
import { createThreadDocumentSaver, directDocumentSaver } from '../../../server/rooms/document-saver.ts'
import { Rooms } from '../../../server/rooms/rooms.ts'
import type { Turns } from '../../../server/rooms/turns.ts'
import { directTurns } from '../../../server/rooms/turns.ts'
import { openSqliteStorage } from '../../../server/storage/sqlite/sqlite-storage.ts'
import type { Storage } from '../../../server/storage/storage.ts'
import { JobError } from '../../../server/threads/job-worker.ts'
import { checkSchema } from '../../../shared/schema/check-schema.ts'
import { originOf } from '../../support/record-bench.ts'
import { roomContext, silentLog } from '../../support/room-context.ts'
import { until } from '../../support/until.ts'

const checked = checkSchema(
  defineConfig({
    schema: { items: collection({ name: s.string(), secret: s.string().access({ read: ['doctor'] }) }) },
  }),
)
if (!checked.ok) throw new Error(checked.problems.join())
const { schema } = checked
const key = { tenant: 'default', collection: 'items', id: 'bolt' }

let folder: string
let storage: Storage
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-snapshots-'))
  storage = await openSqliteStorage({ file: join(folder, 'sluice.db'), schema })
})
afterEach(async () => {
  await storage.close()
  rmSync(folder, { recursive: true, force: true })
})

function opened(
  saver: DocumentSaver,
  turns: Turns = directTurns,
): { readonly rooms: Rooms; readonly warnings: string[] } {
  const warnings: string[] = []
  const warn = (_: unknown, message: string): unknown => warnings.push(message)
  const context = roomContext(storage, { saver, turns, log: { ...silentLog, warn } })
  return {
    rooms: new Rooms(context, { schema, memoryBytesMax: 1e9, onTextCommit: () => undefined }),
    warnings,
  }
}

const naming = (value: string, field = 'name'): Extract<RecordCommand, { type: 'write' }> => ({
  type: 'write',
  intent: 'upsert',
  ops: [{ type: 'set', field, value }],
  saw: null,
  strict: false,
  origin: { ...originOf('ann'), roles: ['doctor'] },
  keep: null,
})

async function write(rooms: Rooms, count: number, field = 'name'): Promise<void> {
  for (let n = 0; n < count; n++) {
    const outcome = await rooms.record(key).submit(naming(`${field} ${n}`, field))
    if (!outcome.ok) throw outcome.error
  }
}

const snapshotVersion = async (lane: Parameters<Storage['load']>[1] = 'fields'): Promise<number> =>
  (await storage.load(key, lane)).snapshot?.version ?? 0

describe('snapshots of a record', () => {
  it('S5: are taken beside its commits: writes are answered while one is under way, and it is kept', async () => {
    const saver = heldSaver()
    const { rooms } = opened(saver)
    await write(rooms, 200)
    expect(await snapshotVersion()).toBe(0)
    saver.goOn()
    await until(async () => (await snapshotVersion()) > 60, 'a snapshot')
    const taken = await snapshotVersion()
    expect(taken).toBeLessThan(70)
    // The next one begins where this one has ended, and holds it.
    await write(rooms, 100)
    saver.goOn()
    await until(async () => (await snapshotVersion()) > taken, 'another snapshot')
    const { snapshot, tail, version } = await storage.load(key, 'fields')
    expect(tail.length).toBe(version - (snapshot?.version ?? 0))
    const reopened = opened(directDocumentSaver).rooms.record(key)
    const [shown, changes] = await reopened.read(
      (state) => [viewOf(state).fields, state.graph.changes()] as const,
    )
    expect(shown).toEqual((await storage.readRecord(key))?.fields)
    expect([...changes]).toHaveLength(version)
  })

  it('W6: without one, the journal is judged again in steps, between which others have their turn', async () => {
    const failing: DocumentSaver = { ...directDocumentSaver, save: () => Promise.reject(new Error('no')) }
    await write(opened(failing).rooms, 300)
    expect(await snapshotVersion()).toBe(0)
    let turns = 0
    let pauses = 0
    const counting: Turns = {
      pause: async () => {
        pauses += 1
      },
      run: (task) => {
        turns += 1
        return directTurns.run(task)
      },
    }
    const reopened = opened(directDocumentSaver, counting).rooms.record(key)
    expect(await reopened.read((state) => viewOf(state).fields)).toEqual(
      (await storage.readRecord(key))?.fields,
    )
    expect(turns).toBeGreaterThan(300 / 20)
    expect(pauses).toBe(1)
  })

  it('S5: each document of a record has its own', async () => {
    const { rooms } = opened(directDocumentSaver)
    await write(rooms, 10)
    await write(rooms, 150, 'secret')
    await until(async () => (await snapshotVersion('fields:roles:doctor')) > 60, 'a snapshot')
    expect(await snapshotVersion()).toBe(0)
  })

  it('W5: one that fails is told, costs no write, and is not tried again at every commit', async () => {
    let tries = 0
    const { rooms, warnings } = opened({
      save: () => Promise.reject(new Error(`no ${++tries}`)),
      close: async () => undefined,
    })
    await write(rooms, 300)
    expect(tries).toBeGreaterThan(1)
    expect(tries).toBeLessThan(6)
    expect(warnings).toHaveLength(tries)
    expect((await storage.readRecord(key))?.fields.name).toBe('name 299')
  })

  it('E2: one that was under way when the record was erased is not kept', async () => {
    const saver = heldSaver()
    const { rooms, warnings } = opened(saver)
    await write(rooms, 100)
    await until(() => saver.isAsked, 'a snapshot that is under way')
    await rooms.erase(key, { reason: 'asked for', allowNew: true, origin: originOf('dora') })
    await rooms.record(key).submit({ ...naming('anew'), intent: 'create' })
    saver.goOn()
    await write(rooms, 5)
    await delay(50)
    expect(await snapshotVersion()).toBe(0)
    expect((await storage.readRecord(key))?.fields).toEqual({ name: 'name 4', secret: null })
    expect(warnings).toEqual([])
  })

  it('S5: a server that stops does not wait for long: what is not saved by then is given up', async () => {
    const closed = new JobError('closed', 'the saver is closed')
    let giveUp: (() => void) | null = null
    let isClosed = false
    const { rooms, warnings } = opened({
      save: () =>
        new Promise((_, reject) => {
          giveUp = () => reject(closed)
          if (isClosed) giveUp()
        }),
      async close() {
        isClosed = true
        giveUp?.()
      },
    })
    await write(rooms, 100)
    await rooms.close()
    expect(isClosed).toBe(true)
    expect(await snapshotVersion()).toBe(0)
    expect(warnings).toEqual([])
    expect((await storage.load(key, 'fields')).tail.length).toBeGreaterThanOrEqual(100)
  })

  it('W6: a large history is saved in a thread, while the event loop turns, and a small one in place', async () => {
    const saver = createThreadDocumentSaver()
    const turnedFor: number[] = []
    const { rooms } = opened({
      async save(document) {
        let hasTurned = false
        setImmediate(() => {
          hasTurned = true
        })
        const saved = await saver.save(document)
        const bytes = document.changes.reduce((sum, { byteLength }) => sum + byteLength, 0)
        if (hasTurned) turnedFor.push(bytes)
        else expect(bytes).toBeLessThanOrEqual(16 * 1024)
        return saved
      },
      close: () => saver.close(),
    })
    const room = rooms.record(key)
    for (let n = 0; n < 1_000; n += 50)
      await Promise.all(Array.from({ length: 50 }, (_, m) => room.submit(naming(`name ${n + m}`))))
    await room.close()
    await saver.close()
    expect(turnedFor.length).toBeGreaterThan(0)
    expect(Math.min(...turnedFor)).toBeGreaterThan(1_000)
    expect(await snapshotVersion()).toBe((await storage.load(key, 'fields')).version)
  })
})

/** Saves when it is told to. */
function heldSaver(): DocumentSaver & { readonly isAsked: boolean; goOn(): void } {
  let goOn: (() => void) | null = null
  return {
    get isAsked() {
      return goOn !== null
    },
    goOn: () => goOn?.(),
    async save(document) {
      const saved = await directDocumentSaver.save(document)
      await new Promise<void>((resolve) => {
        goOn = resolve
      })
      return saved
    },
    close: async () => undefined,
  }
}
