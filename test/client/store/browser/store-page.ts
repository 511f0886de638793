// Runs in the page of `indexed-db-store.test.ts`: stores that its tests call from outside.
import type { ClientStore } from '../../../../client/store/client-store.ts'
import { indexedDbStore } from '../../../../client/store/indexed-db-store.ts'
import { SteadyStore } from '../../../../client/store/steady-store.ts'

const open: ClientStore[] = []

const stores = {
  open: async (name: string): Promise<number> => open.push(await indexedDbStore(name)()) - 1,
  call: (id: number, method: keyof ClientStore, args: readonly unknown[]): unknown => {
    const store = open[id]
    if (store === undefined) throw new RangeError('no such store')
    return Reflect.apply(store[method], store, args)
  },
  /** Writes much to a store that may not take it, and tells what it then says of itself. */
  openSteady: async (name: string): Promise<unknown> => {
    const store = await SteadyStore.open(indexedDbStore(name), () => {})
    await store.write([
      { type: 'put', kind: 'change', key: 'a', value: 1 },
      { type: 'put', kind: 'record', key: 'large', value: 'x'.repeat(4_000_000) },
    ])
    return { status: store.status, read: await store.read('change', 'a') }
  },
}

Object.assign(globalThis, { stores })
