// A client never refuses an edit because of its storage, and never lets its user believe that what is in memory is safe.
import { describe, expect, it } from 'vitest'
import type { ClientStore, OpenStore } from '../../../client/store/client-store.ts'
import { StoreProblem } from '../../../client/store/client-store.ts'
import { EntryTable } from '../../../client/store/entry-table.ts'
import { memoryStore } from '../../../client/store/memory-store.ts'
import type { StorageStatus } from '../../../client/store/steady-store.ts'
import { SteadyStore } from '../../../client/store/steady-store.ts'
import { clientStoreContract, put } from '../../contract/client-store-contract.ts'

/** A medium with room for so many entries. */
function bounded(table: EntryTable, room: { entries: number }): OpenStore {
  return async () => {
    const medium = await memoryStore(table)()
    const write: ClientStore['write'] = async (writes) => {
      const next = new EntryTable()
      next.apply(table.writes())
      next.apply(writes)
      if (next.size > room.entries) throw new StoreProblem('full', 'no space left')
      return medium.write(writes)
    }
    return {
      read: medium.read.bind(medium),
      list: medium.list.bind(medium),
      write,
      close: medium.close.bind(medium),
    }
  }
}

clientStoreContract('steady, on a medium that takes everything', async () => {
  const open = memoryStore(new EntryTable())
  return () => SteadyStore.open(open, () => {})
})

describe('SteadyStore', () => {
  it('keeps in memory what does not fit, says so, and writes it once it fits', async () => {
    const table = new EntryTable()
    const room = { entries: 2 }
    const told: StorageStatus[] = []
    const store = await SteadyStore.open(bounded(table, room), (status) => told.push(status))
    expect(store.status).toEqual({ type: 'durable' })
    await store.write([put('change', 'a', 1), put('change', 'b', 2)])
    await store.write([put('change', 'c', 3), { type: 'delete', kind: 'change', key: 'nothing' }])
    expect(store.status).toEqual({ type: 'degraded', reason: 'full', message: 'no space left' })
    expect((await store.list('change')).map(({ key }) => key)).toEqual(['a', 'b', 'c'])
    expect(await store.read('change', 'c')).toBe(3)
    expect(table.read('change', 'c')).toBeUndefined()

    // The server has taken one: there is room again.
    await store.write([{ type: 'delete', kind: 'change', key: 'a' }])
    expect(store.status).toEqual({ type: 'durable' })
    expect(table.list('change').map(({ key }) => key)).toEqual(['b', 'c'])
    expect(told.map(({ type }) => type)).toEqual(['degraded', 'durable'])
  })

  it('hides what is deleted in memory only', async () => {
    const table = new EntryTable()
    const room = { entries: 1 }
    const store = await SteadyStore.open(bounded(table, room), () => {})
    await store.write([put('change', 'a', 1)])
    room.entries = -1
    await store.write([{ type: 'delete', kind: 'change', key: 'a' }])
    expect(await store.read('change', 'a')).toBeUndefined()
    expect(await store.list('change')).toEqual([])
  })

  it('works in memory where there is no store to be had, and says why', async () => {
    const told: StorageStatus[] = []
    const refuse: OpenStore = async () => {
      throw new StoreProblem('blocked', 'private mode')
    }
    const store = await SteadyStore.open(refuse, (status) => told.push(status))
    await store.write([put('change', 'a', 1)])
    expect(await store.read('change', 'a')).toBe(1)
    expect(told).toEqual([{ type: 'degraded', reason: 'blocked', message: 'private mode' }])
    expect(store.status.type).toBe('degraded')
  })

  it('does not call memory degraded where memory is what was asked for', async () => {
    const store = await SteadyStore.open(null, () => {})
    await store.write([put('change', 'a', 1)])
    expect(store.status).toEqual({ type: 'memory' })
  })
})
