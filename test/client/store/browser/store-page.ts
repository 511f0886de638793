// Runs in the page of `indexed-db-store.test.ts`: stores that its tests call from outside.
import type { ClientStore } from '../../../../client/store/client-store.ts'
import { indexedDbStore } from '../../../../client/store/indexed-db-store.ts'
import { SteadyStore } from '../../../../client/store/steady-store.ts'

const open: ClientStore[] = []

/** Bytes that do not get smaller when the browser packs them. */
function noise(length: number): Uint8Array {
  const bytes = new Uint8Array(length)
  for (let at = 0; at < length; at += 65_536) crypto.getRandomValues(bytes.subarray(at, at + 65_536))
  return bytes
}

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
      { type: 'put', kind: 'record', key: 'large', value: noise(4_000_000) },
    ])
    return { status: store.status, read: await store.read('change', 'a') }
  },
}

Object.assign(globalThis, { stores })
