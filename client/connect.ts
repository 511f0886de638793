/** The composition root of the SDK: the one place that knows the browser, and what to do without one. */
import { checkSchema } from '../shared/schema/check-schema.ts'
import type { Collections, SluiceConfig } from '../shared/schema/config.ts'
import type { Schema } from '../shared/schema/schema.ts'
import { SYNC_PROTOCOL } from '../shared/sync/messages.ts'
import type { CollectionPolicy } from './client-parts.ts'
import { createConnection } from './connection/connection.ts'
import type { SyncConnection } from './connection/sync-connection.ts'
import type { SocketConstructor } from './connection/web-socket.ts'
import { SluiceClient } from './sluice-client.ts'
import type { OpenStore } from './store/client-store.ts'
import { indexedDbStore } from './store/indexed-db-store.ts'
import type { StorageStatus } from './store/steady-store.ts'
import { SteadyStore } from './store/steady-store.ts'
import { browserLocks } from './tabs/browser-locks.ts'
import { leadEarly } from './tabs/early-lead.ts'
import type { SharingParts } from './tabs/sharing-tab.ts'
import type { TabLocks } from './tabs/tab-port.ts'

export interface ConnectOptions<C extends Collections> {
  /** What the server's `sluice.config.ts` exports, or a part of it; or a schema that was read from the server. */
  readonly schema: SluiceConfig<C> | Schema
  /** A token, or what fetches one whenever the connection needs it; left out where the server asks for none. */
  readonly token?: string | (() => string | null | Promise<string | null>)
  /** Where what is not on the server survives. Default: IndexedDB in a browser, memory elsewhere. */
  readonly store?: OpenStore
  /** The name that the user has given this device: it reaches policies, log and inbox. */
  readonly device?: string
  readonly collections?: { readonly [Name in keyof C]?: CollectionPolicy }
  /** Called when what was changed is no longer, or again, as safe as the store can make it. */
  readonly onStorage?: (status: StorageStatus) => void
  /** For environments without one of their own, such as Node 20: that of the package `ws`. */
  readonly WebSocket?: SocketConstructor
}

/**
 * Opens the store and starts to connect. It resolves without waiting for the server: what is stored can be read and
 * changed at once.
 * @param url of the server, such as `https://sluice.example`.
 * @throws RangeError for a schema that is wrong, or an environment without WebSockets.
 */
export async function connect<const C extends Collections>(
  url: string,
  options: ConnectOptions<C>,
): Promise<SluiceClient<C>> {
  const { token, device, collections = {}, onStorage = () => {} } = options
  const WebSocket = options.WebSocket ?? ownWebSocket()
  const newConnection = (): SyncConnection =>
    createConnection({
      url: syncUrlOf(url),
      token: async () => (typeof token === 'function' ? token() : (token ?? null)),
      device: device ?? null,
      WebSocket,
      now: Date.now,
      after,
      random: Math.random,
      onNetwork,
    })
  const client = await openClient<C>(options.store ?? defaultStore(url), {
    schema: checkedSchema(options.schema),
    policies: collections as Readonly<Record<string, CollectionPolicy>>,
    now: () => new Date(),
    after,
    randomId,
    newConnection,
    onStorage,
  })
  client.connect()
  return client
}

type OpeningParts = Omit<SharingParts, 'store' | 'lock' | 'early' | 'locks' | 'bus' | 'isWanting'>

/** Tabs of a browser that tells them apart share a store that can be shared (K14). */
async function openClient<C extends Collections>(
  open: OpenStore | null,
  parts: OpeningParts,
): Promise<SluiceClient<C>> {
  const { newConnection, onStorage, ...rest } = parts
  const locks = globalThis.navigator?.locks
  let store = open
  if (open?.lock !== undefined && locks !== undefined)
    try {
      return await openInTab<C>(open, open.lock, browserLocks(locks), parts)
    } catch (error) {
      store = () => Promise.reject(error)
    }
  return SluiceClient.open<C>({
    ...rest,
    connection: newConnection(),
    store: await SteadyStore.open(store, onStorage),
  })
}

/** The store is opened, and the connection where this tab leads, while the code for tabs is loaded. */
async function openInTab<C extends Collections>(
  open: OpenStore,
  lock: string,
  locks: TabLocks,
  parts: OpeningParts,
): Promise<SluiceClient<C>> {
  const opened = open()
  opened.catch(() => {})
  const early = leadEarly(locks, lock, parts.newConnection)
  try {
    const tabs = await import('./tabs/open-in-tab.ts')
    return await tabs.openInTab<C>({ ...parts, store: () => opened, lock, locks, early, isWanting: true })
  } catch (error) {
    const lead = await early
    lead?.connection.stop()
    lead?.release()
    throw error
  }
}

/** @throws RangeError */
export function checkedSchema(config: SluiceConfig | Schema): Schema {
  if (!('schema' in config)) return config
  const checked = checkSchema(config)
  if (!checked.ok) throw new RangeError(checked.problems.join('\n'))
  return checked.schema
}

/** `https://host/base` → `wss://host/base/sync/4`. */
export function syncUrlOf(url: string): string {
  const sync = new URL(url)
  sync.protocol = sync.protocol.replace('http', 'ws')
  sync.pathname = `${sync.pathname.replace(/\/$/, '')}/sync/${SYNC_PROTOCOL}`
  return sync.href
}

const defaultStore = (url: string): OpenStore | null =>
  typeof indexedDB === 'undefined' ? null : indexedDbStore(`sluice ${new URL(url).host}`)

function ownWebSocket(): SocketConstructor {
  if (typeof WebSocket === 'undefined')
    throw new RangeError('no WebSocket here: give that of "ws" as { WebSocket }')
  return WebSocket
}

/** A browser says it; Node does not. */
function onNetwork(listener: (isBack: boolean) => void): () => void {
  const hear = ({ type }: Event): void => listener(type === 'online')
  const types = ['online', 'offline']
  for (const type of types) globalThis.addEventListener?.(type, hear)
  return () => {
    for (const type of types) globalThis.removeEventListener?.(type, hear)
  }
}

function after(ms: number, run: () => void): () => void {
  const timer = setTimeout(run, ms)
  return () => clearTimeout(timer)
}

const ID_BYTES = 12

/** 16 characters of `A–Z a–z 0–9 _ -`. */
function randomId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(ID_BYTES))
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
}
