/** Reads what a client knew when the app was closed. */
import type { Identity } from './identity.ts'
import { IDENTITY_KEY, readIdentity } from './identity.ts'
import type { RecordState } from './record/record-state.ts'
import { emptyRecord } from './record/record-state.ts'
import { readChanges, withSnapshot } from './record/saved-record.ts'
import type { ClientStore, StoredEntry } from './store/client-store.ts'

export interface StoredClient {
  readonly identity: Identity
  readonly records: ReadonlyMap<string, RecordState>
  readonly actions: readonly StoredEntry[]
  readonly order: number
}

export async function readStore(store: ClientStore, newReplica: () => string): Promise<StoredClient> {
  const [identity, snapshots, changes, actions] = await Promise.all([
    store.read('client', IDENTITY_KEY),
    store.list('record'),
    store.list('change'),
    store.list('action'),
  ])
  const records = new Map(readChanges(changes))
  for (const { key, value } of snapshots)
    records.set(key, withSnapshot(records.get(key) ?? emptyRecord, value))
  const orders = [...changes, ...actions].map(({ key }) => Number.parseInt(key, 10))
  return {
    identity: readIdentity(identity, newReplica),
    records,
    actions,
    order: orders.reduce((most, order) => Math.max(most, order), 0),
  }
}
