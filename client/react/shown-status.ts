/** Whether what a person enters is safe, and where, as a component shows it. */
import type { Collections } from '../../shared/schema/config.ts'
import type { ClientStatus } from '../client-parts.ts'
import type { SluiceClient } from '../sluice-client.ts'
import type { StorageStatus } from '../store/steady-store.ts'
import { sameValue } from './same-value.ts'
import type { Source } from './shared-source.ts'

export interface ShownStatus {
  /** Whether edits reach the server, and if not, why. */
  readonly connection: ClientStatus
  /** Whether closing the app loses edits that the server does not have. */
  readonly storage: StorageStatus
  /** Changes and decisions that the server has not answered. */
  readonly pendingCount: number
}

export function statusSource<C extends Collections>(client: SluiceClient<C>): Source<ShownStatus> {
  let shown = showStatus(client)
  return {
    snapshot: () => {
      const next = showStatus(client)
      if (!sameValue(shown, next)) shown = next
      return shown
    },
    subscribe: (listener) => client.subscribe(listener),
    hasContent: () => true,
    close: () => {},
  }
}

const showStatus = <C extends Collections>(client: SluiceClient<C>): ShownStatus => ({
  connection: client.status,
  storage: client.storage,
  pendingCount: client.pendingCount,
})
