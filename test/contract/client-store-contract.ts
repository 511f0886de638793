/**
 * What every driver of the `ClientStore` port must do. A driver's own test calls it with a way to open an empty store,
 * and to open the same one again.
 */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ClientStore, OpenStore, StoreWrite } from '../../client/store/client-store.ts'

/** @param fresh makes the way to open one empty medium; each call another. */
export function clientStoreContract(name: string, fresh: () => Promise<OpenStore>): void {
  describe(`client store contract: ${name}`, () => {
    let open: OpenStore
    let store: ClientStore

    beforeEach(async () => {
      open = await fresh()
      store = await open()
    })
    afterEach(() => store.close())

    const reopen = async (): Promise<void> => {
      await store.close()
      store = await open()
    }

    it('is empty at first', async () => {
      expect(await store.read('record', 'tickets/1')).toBeUndefined()
      expect(await store.list('change')).toEqual([])
    })

    it('keeps JSON and bytes, also when it is opened again', async () => {
      const value = { title: 'Zoë "x"\n', tags: ['a', null, 1.5], nested: { $bytes: 'AA==' } }
      await store.write([put('record', 'tickets/1', value), put('text', 'tickets/1', bytes(0, 255, 7))])
      for (const _ of ['at once', 'after closing']) {
        expect(await store.read('record', 'tickets/1')).toEqual(value)
        const text = await store.read('text', 'tickets/1')
        expect(text).toBeInstanceOf(Uint8Array)
        expect(text).toEqual(bytes(0, 255, 7))
        await reopen()
      }
    })

    it('keeps null apart from nothing', async () => {
      await store.write([put('client', 'a', null)])
      expect(await store.read('client', 'a')).toBeNull()
      expect(await store.list('client')).toEqual([{ key: 'a', value: null }])
    })

    it('lists a kind in the order of keys, by prefix', async () => {
      await store.write([
        put('update', 't/2 0001', 1),
        put('update', 't/1 0010', 2),
        put('update', 't/1 0002', 3),
        put('change', 't/1 0003', 4),
      ])
      expect(await store.list('update', 't/1 ')).toEqual([
        { key: 't/1 0002', value: 3 },
        { key: 't/1 0010', value: 2 },
      ])
      expect((await store.list('update')).map(({ key }) => key)).toEqual(['t/1 0002', 't/1 0010', 't/2 0001'])
    })

    it('lets the last of several writes to a key count', async () => {
      await store.write([put('change', 'a', 1), { type: 'delete', kind: 'change', key: 'a' }])
      expect(await store.read('change', 'a')).toBeUndefined()
      await store.write([{ type: 'delete', kind: 'change', key: 'a' }, put('change', 'a', 2)])
      await reopen()
      expect(await store.read('change', 'a')).toBe(2)
    })

    it('takes writes in the order in which they were asked for, without waiting in between', async () => {
      const all: Promise<void>[] = []
      for (let at = 0; at < 50; at++)
        all.push(store.write([put('change', 'a', at), put('change', `k${at}`, at)]))
      await Promise.all(all)
      await reopen()
      expect(await store.read('change', 'a')).toBe(49)
      expect(await store.list('change', 'k')).toHaveLength(50)
    })

    it('finishes what is under way before it closes', async () => {
      const writing = store.write([put('change', 'a', 1)])
      await store.close()
      await writing
      store = await open()
      expect(await store.read('change', 'a')).toBe(1)
    })

    it('keeps a copy of its own of what it is given and of what it gives', async () => {
      const given = { list: [1] }
      const writing = store.write([put('record', 'a', given)])
      given.list.push(2)
      await writing
      const read = (await store.read('record', 'a')) as { list: number[] }
      read.list.push(3)
      expect(await store.read('record', 'a')).toEqual({ list: [1] })
    })
  })
}

type Put = Extract<StoreWrite, { type: 'put' }>

export const put = (kind: Put['kind'], key: string, value: Put['value']): StoreWrite => ({
  type: 'put',
  kind,
  key,
  value,
})

const bytes = (...values: number[]): Uint8Array => new Uint8Array(values)
