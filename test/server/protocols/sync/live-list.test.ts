import { expect, test, vi } from 'vitest'
import type { ListDiff } from '../../../../server/protocols/sync/live-list.ts'
import { LiveList } from '../../../../server/protocols/sync/live-list.ts'
import type { Turns } from '../../../../server/rooms/turns.ts'
import { directTurns } from '../../../../server/rooms/turns.ts'

interface Item {
  readonly id: string
  readonly value: number
}

function bench(known: string | null = null, inTurn: Turns['run'] = directTurns.run) {
  const heard: (string | ListDiff<Item>)[] = []
  const port = {
    number: 1,
    isCongested: false,
    send: () => heard.push('same'),
    fail: () => heard.push('failed'),
  }
  const world = { items: [] as readonly Item[], reads: 0 }
  const list = new LiveList<Item>({
    read: async () => {
      world.reads += 1
      return { listing: { items: world.items, next: null, extra: null }, began: Date.now() }
    },
    idOf: ({ id }) => id,
    tellPage: () => heard.push('page'),
    tellDiff: (diff) => heard.push(diff),
    port,
    inTurn,
    limit: 10,
    rowsMax: 20,
    known,
    gatherMs: 50,
    clock: () => Date.now(),
  })
  return { list, heard, port, world }
}

test('K6: commits of a short while are told together; a reader who is behind is told once he has caught up', async () => {
  vi.useFakeTimers()
  try {
    const { list, heard, port, world } = bench()
    world.items = [{ id: 'a', value: 1 }]
    await list.open()
    expect([heard, world.reads]).toEqual([['page'], 1])
    world.items = [...world.items, { id: 'b', value: 2 }]
    for (let commit = 0; commit < 10; commit++) list.touch()
    await vi.advanceTimersByTimeAsync(60)
    expect(world.reads).toBe(2)
    expect(heard.splice(0)).toMatchObject(['page', { changed: [{ id: 'b' }], ids: ['a', 'b'] }])

    port.isCongested = true
    world.items = [{ id: 'a', value: 2 }]
    list.touch()
    await vi.advanceTimersByTimeAsync(5_000)
    world.items = [{ id: 'a', value: 3 }]
    expect([heard, world.reads]).toEqual([[], 2])
    port.isCongested = false
    await vi.advanceTimersByTimeAsync(60)
    expect(heard.splice(0)).toMatchObject([{ changed: [{ id: 'a', value: 3 }], ids: ['a'] }])

    // A commit that changes nothing that is shown is not told.
    list.touch()
    await vi.advanceTimersByTimeAsync(60)
    expect([heard, world.reads]).toEqual([[], 4])
    list.close()
    list.touch()
    await vi.advanceTimersByTimeAsync(60)
    expect(world.reads).toBe(4)
  } finally {
    vi.useRealTimers()
  }
})

test('K6: a commit while the list is being read makes it be read again', async () => {
  vi.useFakeTimers()
  try {
    const { list, heard, world } = bench()
    const opened = list.open()
    world.items = [{ id: 'a', value: 1 }]
    list.touch()
    await opened
    await vi.advanceTimersByTimeAsync(60)
    expect(world.reads).toBe(2)
    expect(heard.at(-1)).toMatchObject({ ids: ['a'] })
  } finally {
    vi.useRealTimers()
  }
})

test('K6: who follows a list is told in a turn of his own, by what he has been told until then; nobody who has left', async () => {
  vi.useFakeTimers()
  try {
    const waiting: (() => unknown)[] = []
    const nextTurn = (): unknown => waiting.shift()?.()
    const { list, heard, world } = bench(null, async (work) => {
      await new Promise((resolve) => waiting.push(() => resolve(undefined)))
      return work()
    })
    const look = async (value: number): Promise<void> => {
      world.items = [{ id: 'a', value }]
      list.touch()
      await vi.advanceTimersByTimeAsync(60)
    }
    const opened = list.open()
    await vi.advanceTimersByTimeAsync(0)
    expect(heard).toEqual([])
    nextTurn()
    await opened
    expect(heard).toEqual(['page'])

    // Two listings wait for their turns at the same time.
    await look(1)
    await look(2)
    expect([heard.length, waiting.length, world.reads]).toEqual([1, 2, 3])
    nextTurn()
    await vi.advanceTimersByTimeAsync(0)
    nextTurn()
    await vi.advanceTimersByTimeAsync(0)
    expect(heard.slice(1)).toMatchObject([
      { changed: [{ id: 'a', value: 1 }], ids: ['a'] },
      { changed: [{ id: 'a', value: 2 }], ids: null },
    ])

    await look(3)
    list.close()
    nextTurn()
    await vi.advanceTimersByTimeAsync(0)
    expect(heard.length).toBe(3)
  } finally {
    vi.useRealTimers()
  }
})
