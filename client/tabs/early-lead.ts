/**
 * The store's lock, asked for while the code for tabs is loaded and the store is opened. An app mostly has one tab, which
 * gets the lock, leads, and so may connect meanwhile. A tab that does not get it stands in line for it later.
 */
import type { SyncConnection } from '../connection/sync-connection.ts'
import type { TabLocks } from './tab-port.ts'

export interface EarlyLead {
  /** Started. */
  readonly connection: SyncConnection
  /** Lets go of the lock. */
  readonly release: () => void
  /** Resolves if another tab takes the lock, since this one does not answer. */
  readonly lost: Promise<void>
}

/** @returns null if another tab leads, or the browser does not say. */
export function leadEarly(
  locks: TabLocks,
  lock: string,
  newConnection: () => SyncConnection,
): Promise<EarlyLead | null> {
  let lose!: () => void
  const lost = new Promise<void>((resolve) => {
    lose = resolve
  })
  return locks.hold(lock, { ifFree: true, lost: lose }).then(
    (release) => {
      const connection = newConnection()
      connection.start()
      return { connection, release, lost }
    },
    () => null,
  )
}
