// Lists that many follow: read once for all, and never older than whoever asks may be told.
import { collection, s } from 'sluice'
import { expect, test, vi } from 'vitest'
import type { ListDiff, Listing } from '../../../../server/protocols/sync/live-list.ts'
import { LiveList } from '../../../../server/protocols/sync/live-list.ts'
import { readersOf, SharedListings } from '../../../../server/protocols/sync/shared-listings.ts'
import { directTurns } from '../../../../server/rooms/turns.ts'
import type { AccessActor } from '../../../../shared/schema/access.ts'
import type { CollectionSpec } from '../../../../shared/schema/schema.ts'
import { collectionSpec } from '../../../support/record-bench.ts'

const scope = { tenant: 'default', collection: 'things' }

/** What is listed is how often it was read. */
function bench() {
  const world = { now: 0, mark: 0 as number | null, reads: 0 }
  const shared = new SharedListings<number>({ storage: { markOf: () => world.mark }, clock: () => world.now })
  const read = (name: string, ageMsMax: number) =>
    shared.read(name, scope, ageMsMax, async () => {
      world.reads += 1
      return world.reads
    })
  return { world, read, shared }
}

test('K6: who asks for the same before anything is written is given the same, and later ones what is new', async () => {
  const { world, read } = bench()
  world.now = 10
  expect(await Promise.all([read('a', 0), read('a', 0), read('b', 0)])).toMatchObject([
    { listing: 1, began: 10 },
    { listing: 1 },
    { listing: 2 },
  ])
  world.now = 20
  expect(await read('a', 0)).toEqual({ listing: 1, began: 20 })
  world.mark = 1
  expect(await read('a', 0)).toEqual({ listing: 3, began: 20 })
  expect(await read('a', 0)).toMatchObject({ listing: 3 })
})

test('K6: while something is written, what was read is given to those alone who may be told what is a little older', async () => {
  const { world, read } = bench()
  world.mark = null
  expect(await read('a', 50)).toMatchObject({ listing: 1 })
  expect(await read('a', 0)).toMatchObject({ listing: 2 })
  world.now = 49
  expect(await read('a', 50)).toEqual({ listing: 2, began: 0 })
  world.now = 50
  expect(await read('a', 50)).toEqual({ listing: 3, began: 50 })
})

test('a read that fails is tried again by the next who asks, and of many lists the newest are kept', async () => {
  const { world, read, shared } = bench()
  await expect(shared.read('a', scope, 0, () => Promise.reject(new Error('no')))).rejects.toThrow('no')
  expect(await read('a', 0)).toMatchObject({ listing: 1 })
  for (let n = 0; n < 15; n++) await read(`other ${n}`, 0)
  expect([(await read('a', 0)).listing, world.reads]).toEqual([1, 16])
  await read('one more', 0)
  expect((await read('a', 0)).listing).toBe(18)
})

test('A3: a list is shared by those of the same roles, and where a rule asks the record with nobody else', () => {
  const open = collectionSpec({ name: s.string() })
  const owned = collectionSpec(
    collection(
      { owner: s.string() },
      { access: { read: ({ actor, record }) => actor.subject === record.owner } },
    ),
  )
  const ann = { tenant: 'default', subject: 'ann', roles: ['nurse'], device: null }
  const told = (actor: AccessActor, ...collections: CollectionSpec[]) =>
    JSON.stringify(readersOf(actor, collections))
  expect(told({ ...ann, subject: 'bob' }, open)).toBe(told(ann, open))
  expect(told({ ...ann, roles: [] }, open)).not.toBe(told(ann, open))
  expect(told({ ...ann, tenant: 'other' }, open)).not.toBe(told(ann, open))
  expect(told({ ...ann, subject: 'bob' }, open, owned)).not.toBe(told(ann, open, owned))
  expect(told({ ...ann, device: 'phone' }, owned)).not.toBe(told(ann, owned))
})

test('K6: hundreds who follow a list cost one read for each look, are told the same object, and miss no commit', async () => {
  vi.useFakeTimers()
  try {
    const world = { items: [{ id: 'a', value: 0 }], reads: 0 }
    const listings = new SharedListings<Listing<{ id: string; value: number }>>({
      storage: { markOf: () => null },
      clock: Date.now,
    })
    const told: ListDiff<{ id: string; value: number }>[][] = []
    const follow = (): LiveList<{ id: string; value: number }> => {
      const heard: ListDiff<{ id: string; value: number }>[] = []
      told.push(heard)
      return new LiveList({
        read: (_limit, ageMsMax) =>
          listings.read('list', scope, ageMsMax, async () => {
            world.reads += 1
            return { items: [...world.items], next: null, extra: null }
          }),
        idOf: ({ id }) => id,
        tellPage: () => {},
        tellDiff: (diff) => heard.push(diff),
        port: { number: 1, isCongested: false, send: () => {}, fail: expect.fail },
        inTurn: directTurns.run,
        limit: 10,
        rowsMax: 20,
        known: null,
        gatherMs: 50,
        clock: Date.now,
      })
    }
    const lists = Array.from({ length: 200 }, follow)
    for (const list of lists) await list.open()
    world.reads = 0
    // They come into step only once they have looked at different times.
    for (const [index, list] of lists.entries()) setTimeout(() => list.touch(), index % 40)
    await vi.advanceTimersByTimeAsync(1_000)
    world.reads = 0
    for (let value = 1; value <= 100; value++) {
      world.items = [{ id: 'a', value }]
      for (const list of lists) list.touch()
      await vi.advanceTimersByTimeAsync(10)
    }
    await vi.advanceTimersByTimeAsync(1_000)
    expect(world.reads).toBeLessThanOrEqual(25)
    expect(told.map((heard) => heard.at(-1)?.changed)).toEqual(told.map(() => [{ id: 'a', value: 100 }]))
    expect(new Set(told.map((heard) => heard.at(-1))).size).toBe(1)
    for (const list of lists) list.close()
  } finally {
    vi.useRealTimers()
  }
})
