// W3–W5 and S5 on rooms over a real SQLite file: several nodes, a failing store, eviction.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { collection, defineConfig, s } from 'sluice'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import * as Y from 'yjs'
import { verifyStore } from '../../../server/audit/verify-store.ts'
import type { RecordCommand } from '../../../server/plan/record-command.ts'
import { viewOf } from '../../../server/plan/view-of.ts'
import { Rooms } from '../../../server/rooms/rooms.ts'
import { StoreHealth } from '../../../server/rooms/store-health.ts'
import type { TextPeer } from '../../../server/rooms/text-room.ts'
import { openSqliteStorage } from '../../../server/storage/sqlite/sqlite-storage.ts'
import type { CommitResult, Storage } from '../../../server/storage/storage.ts'
import { checkSchema } from '../../../shared/schema/check-schema.ts'
import { originOf } from '../../support/record-bench.ts'
import { roomContext } from '../../support/room-context.ts'
import { until } from '../../support/until.ts'

const checked = checkSchema(
  defineConfig({
    schema: {
      items: collection({
        name: s.string(),
        stock: s.counter(),
        grade: s.string().critical(),
        body: s.text(),
      }),
    },
  }),
)
if (!checked.ok) throw new Error(checked.problems.join())
const { schema } = checked
const key = { tenant: 'default', collection: 'items', id: 'bolt' }

let folder: string
let storage: Storage
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-rooms-'))
  storage = await openSqliteStorage({ file: join(folder, 'sluice.db'), schema })
})
afterEach(async () => {
  await storage.close()
  rmSync(folder, { recursive: true, force: true })
})

interface Node {
  readonly rooms: Rooms
  readonly health: StoreHealth
  readonly fatal: string[]
}

function node(store: Storage = storage, memoryBytesMax = 1e9): Node {
  const fatal: string[] = []
  const health = new StoreHealth(
    () => new Date().toISOString(),
    (reason) => fatal.push(reason),
  )
  const context = roomContext(store, { health })
  return {
    rooms: new Rooms(context, { schema, memoryBytesMax, onTextCommit: () => undefined }),
    health,
    fatal,
  }
}

const increment = (subject: string, amount: number): RecordCommand => ({
  type: 'write',
  intent: 'replace',
  ops: [{ type: 'increment', field: 'stock', amount }],
  saw: null,
  strict: false,
  origin: originOf(subject),
  keep: null,
})

const update = (text: string): Uint8Array => {
  const doc = new Y.Doc()
  doc.getText('body').insert(0, text)
  return Y.encodeStateAsUpdate(doc)
}

/** The store as it is, with commits that may be made to fail first. */
const faulty = (faults: { next: CommitResult | null }): Storage =>
  withCommit((plan) => (faults.next === null ? storage.commit(plan) : Promise.resolve(faults.next)))

/** The store as it is, which says when it begins to commit. */
const followed = (onCommit: () => void): Storage =>
  withCommit((plan) => {
    onCommit()
    return storage.commit(plan)
  })

function withCommit(commit: Storage['commit']): Storage {
  return new Proxy(storage, {
    get(target, name) {
      if (name === 'commit') return commit
      const member = Reflect.get(target, name, target)
      return typeof member === 'function' ? member.bind(target) : member
    },
  })
}

describe('several nodes on one store', () => {
  it('W3: any node serves any record; every write of every node counts, with no leader', async () => {
    const nodes = [node(), node(), node()]
    const outcomes = await Promise.all(
      Array.from({ length: 60 }, (_, index) =>
        nodes[index % 3]?.rooms.record(key).submit(increment(`clerk-${index % 3}`, 1)),
      ),
    )
    expect(outcomes.every((outcome) => outcome?.ok === true)).toBe(true)
    expect((await storage.readRecord(key))?.fields.stock).toBe(60)
  })

  it('S7: nodes that overtake each other carry on one chain', async () => {
    const nodes = [node(), node(), node()]
    await Promise.all(
      Array.from({ length: 30 }, async (_, index) => {
        const { rooms } = nodes[index % 3] ?? expect.fail()
        const origin = { ...originOf(`clerk-${index % 3}`), door: 'yjs' as const }
        await rooms.record(key).submit(increment(`clerk-${index % 3}`, 1))
        await rooms.text(key).submit({ update: update(`${index}`), origin, denial: null })
      }),
    )
    const told: string[] = []
    const report = (problem: string) => void told.push(problem)
    const { entries } = await verifyStore({ audit: storage.audit, verifier: null, report })
    expect(entries).toBeGreaterThan(30)
    expect(told).toEqual([expect.stringContaining('there are no checkpoints')])
  })

  it('W3: text of two nodes merges in the store', async () => {
    const [a, b] = [node(), node()]
    await a.rooms.record(key).submit({ type: 'ensure', origin: originOf('ann') })
    const origin = (who: string) => ({ ...originOf(who), door: 'yjs' as const })
    await Promise.all([
      a.rooms.text(key).submit({ update: update('one'), origin: origin('ann'), denial: null }),
      b.rooms.text(key).submit({ update: update('two'), origin: origin('bob'), denial: null }),
    ])
    const late = new Y.Doc()
    Y.applyUpdate(
      late,
      await node()
        .rooms.text(key)
        .updateSince(Y.decodeStateVector(Y.encodeStateVector(late))),
    )
    expect(['onetwo', 'twoone']).toContain(late.getText('body').toString())
  })
})

describe('acknowledgement', () => {
  it('W4: peers and the author hear of an update after its commit, in one that holds all of them', async () => {
    const { rooms } = node()
    await rooms.record(key).submit({ type: 'ensure', origin: originOf('ann') })
    const room = rooms.text(key)
    const updates: { committed: number; update: Uint8Array }[] = []
    let committed = 0
    const peer: TextPeer = {
      session: 's',
      subject: 'bob',
      hearsItself: true,
      onUpdate: (told) => updates.push({ committed, update: told }),
      onPresence: () => undefined,
      onErased: () => undefined,
    }
    room.join(peer)
    const submits = ['a', 'b', 'c'].map((text) =>
      room.submit({ update: update(text), origin: { ...originOf(text), door: 'yjs' }, denial: null }),
    )
    void Promise.all(submits).then(() => (committed += 1))
    expect(updates).toEqual([])
    await Promise.all(submits)
    expect(updates).toHaveLength(1)
    expect((await storage.load(key, 'text')).version).toBe(3)
    const doc = new Y.Doc()
    Y.applyUpdate(doc, updates[0]?.update ?? new Uint8Array())
    expect([...doc.getText('body').toString()].sort().join('')).toBe('abc')
  })
})

describe('telling', () => {
  /** A room of so many, how often each of them was told, and for how long its commits were held back. */
  async function full(size: number) {
    const sleeps: number[] = []
    const sleep = async (ms: number) => void sleeps.push(ms)
    const context = roomContext(storage, { sleep })
    const rooms = new Rooms(context, { schema, memoryBytesMax: 1e9, onTextCommit: () => undefined })
    await rooms.record(key).submit({ type: 'ensure', origin: originOf('ann') })
    const room = rooms.text(key)
    let frames = 0
    for (let index = 0; index < size; index++)
      room.join({
        session: `s${index}`,
        subject: 'bob',
        hearsItself: true,
        onUpdate() {
          frames += 1
        },
        onPresence: () => undefined,
        onErased: () => undefined,
      })
    const write = (text: string) =>
      room.submit({ update: update(text), origin: { ...originOf('ann'), door: 'yjs' }, denial: null })
    return { write, sleeps, told: () => frames / size }
  }

  it('W4: where very many are told, commits keep a distance, and what comes meanwhile shares one', async () => {
    const { write, sleeps, told } = await full(200)
    await write('a')
    expect(sleeps).toEqual([])
    await Promise.all([write('b'), write('c'), write('d')])
    expect(sleeps).toEqual([5])
    expect(told()).toBe(2)
  })

  it('W4: where some are told, nobody waits', async () => {
    const { write, sleeps, told } = await full(20)
    for (const text of ['a', 'b', 'c']) await write(text)
    expect(sleeps).toEqual([])
    expect(told()).toBe(3)
  })

  it('W4: so do the commits of a record that very many follow', async () => {
    const sleeps: number[] = []
    const context = roomContext(storage, { sleep: async (ms) => void sleeps.push(ms) })
    const rooms = new Rooms(context, { schema, memoryBytesMax: 1e9, onTextCommit: () => undefined })
    const room = rooms.record(key)
    let told = 0
    for (let follower = 0; follower < 200; follower++)
      room.subscribe(
        () => {
          told += 1
        },
        () => undefined,
      )
    await room.submit(increment('ann', 1))
    expect(sleeps).toEqual([])
    await Promise.all([2, 3, 4].map((amount) => room.submit(increment('ann', amount))))
    expect([sleeps, told]).toEqual([[5], 2 * 200])
  })

  it('K15: what a text shows is told at the version that was read, and not while or after it moves on', async () => {
    const { rooms } = node()
    await rooms.record(key).submit({ type: 'ensure', origin: originOf('ann') })
    const room = rooms.text(key)
    const told: number[] = []
    room.join({
      session: 's',
      subject: 'bob',
      onUpdate: () => undefined,
      onPresence: () => undefined,
      onContent: (digest) => told.push(digest),
      hearsItself: false,
      onErased: () => undefined,
    })
    const origin = { ...originOf('ann'), door: 'yjs' as const }
    rooms.shown(key, { version: 0, digest: 1 })
    await room.submit({ update: update('a'), origin, denial: null })
    const { version } = await storage.load(key, 'text')
    rooms.shown(key, { version, digest: 2 })
    rooms.shown(key, { version: version - 1, digest: 3 })
    const submitted = room.submit({ update: update('b'), origin, denial: null })
    await Promise.resolve()
    await submitted
    rooms.shown(key, { version, digest: 4 })
    expect(told).toEqual([2])
  })

  it('W9: one commit tells a part of what may wait for a reader, so nobody who reads is closed for what others wrote meanwhile', async () => {
    const commits: number[] = []
    const { rooms } = node(followed(() => commits.push(0)))
    await rooms.record(key).submit({ type: 'ensure', origin: originOf('ann') })
    const room = rooms.text(key)
    room.join({
      session: 's',
      subject: 'bob',
      hearsItself: true,
      onUpdate: ({ byteLength }) => commits.push((commits.pop() ?? 0) + byteLength),
      onPresence: () => undefined,
      onErased: () => undefined,
    })
    const origin = { ...originOf('ann'), door: 'yjs' as const }
    const updates = Array.from({ length: 60 }, (_, index) => update(`${index % 10}`.repeat(100_000)))
    await Promise.all(updates.map((one) => room.submit({ update: one, origin, denial: null })))
    expect(commits.reduce((sum, told) => sum + told, 0)).toBeGreaterThan(6_000_000)
    expect(Math.max(...commits)).toBeLessThan(1.2 * 2 ** 20)
    expect(Math.max(...commits)).toBeGreaterThan(100_000 * 2)
  })
})

describe('a failing store', () => {
  const failed = { status: 'failed', reason: 'disk full', fatal: false } as const

  it('W5: the write waits and is not lost, new ones are refused as retryable, and service resumes by itself', async () => {
    const faults: { next: CommitResult | null } = { next: failed }
    const { rooms, health, fatal } = node(faulty(faults))
    const first = rooms.record(key).submit(increment('ann', 5))
    await until(() => health.status.state === 'failing', 'the failure to be noticed')
    expect(health.status).toMatchObject({ reason: 'disk full' })
    await expect(rooms.record({ ...key, id: 'other' }).submit(increment('bob', 1))).rejects.toMatchObject({
      code: 'store_unavailable',
    })
    expect((await storage.load(key, 'fields')).version).toBe(0)
    faults.next = null
    await expect(first).resolves.toMatchObject({ ok: true })
    expect(health.status).toEqual({ state: 'ok' })
    expect((await storage.readRecord(key))?.fields.stock).toBe(5)
    expect(fatal).toEqual([])
  })

  it('W5: an error that leaves the file in doubt is reported as fatal', async () => {
    const { rooms, fatal } = node(faulty({ next: { status: 'failed', reason: 'fsync', fatal: true } }))
    rooms
      .record(key)
      .submit(increment('ann', 5))
      .catch(() => undefined)
    await until(() => fatal.includes('fsync'), 'the report')
    await rooms.close()
  })
})

describe('memory', () => {
  it('S5: idle rooms go when the budget is met, those with sessions stay, and nothing is lost', async () => {
    const { rooms } = node(storage, 1)
    for (let index = 0; index < 5; index++)
      await rooms.record({ ...key, id: `r-${index}` }).submit(increment('ann', index))
    const watched = rooms.record({ ...key, id: 'watched' })
    const unsubscribe = watched.subscribe(
      () => undefined,
      () => undefined,
    )
    await watched.submit(increment('ann', 7))
    rooms.evict()
    expect(rooms.usage.rooms).toBe(1)
    expect(rooms.record({ ...key, id: 'watched' })).toBe(watched)
    unsubscribe()
    await until(() => {
      rooms.evict()
      return rooms.usage.rooms === 0
    }, 'the last room to go')
    const stock = await rooms
      .record({ ...key, id: 'r-3' })
      .read((state) => state.frontiers.get('stock')?.[0]?.side.value)
    expect(stock).toBe(3)
  })

  it('S5: the budget is met while rooms are opened, however fast', async () => {
    const { rooms } = node(storage, 10 * 32_768)
    let most = 0
    for (let index = 0; index < 300; index++) {
      await rooms.record({ ...key, id: `fast-${index}` }).submit(increment('ann', 1))
      most = Math.max(most, rooms.usage.rooms)
    }
    expect(most).toBeLessThan(40)
    expect(rooms.usage.rooms).toBeGreaterThan(5)
  })

  it('R6, S5: a record that is only made for its text leaves memory at once, unless somebody has it open', async () => {
    const { rooms } = node()
    const before = rooms.usage.bytes
    expect(await rooms.record(key).ensure(originOf('ann'))).toMatchObject({ ok: true })
    await until(() => rooms.usage.bytes - before < 4_096, 'it to have left')
    expect(await rooms.record(key).submit(increment('ann', 2))).toMatchObject({ ok: true })
    expect(await rooms.record(key).read((state) => viewOf(state).fields.stock)).toBe(2)

    const followed = rooms.record({ ...key, id: 'nut' })
    const told: unknown[] = []
    followed.subscribe(
      (_plan, state) => told.push(viewOf(state).fields.stock),
      () => undefined,
    )
    const others = rooms.usage.bytes
    await followed.ensure(originOf('ann'))
    await followed.read(() => null)
    expect(rooms.usage.bytes - others).toBeGreaterThan(16_384)
    await followed.submit(increment('ann', 1))
    expect(told.at(-1)).toBe(1)
  })

  it('S5: a record with a long history opens from its snapshot and a short tail', async () => {
    const { rooms } = node()
    for (let index = 0; index < 400; index++) await rooms.record(key).submit(increment('ann', 1))
    const stored = await storage.load(key, 'fields')
    expect(stored.snapshot?.version).toBeGreaterThan(200)
    expect(stored.tail.length).toBe(stored.version - (stored.snapshot?.version ?? 0))
    await node().rooms.record(key).submit(increment('bob', 1))
    expect((await storage.readRecord(key))?.fields.stock).toBe(401)
  })
})
