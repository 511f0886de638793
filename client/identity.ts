/**
 * Whose edits a client store holds. They are sent for the person who made them, or not at all: a token of another one
 * gets nothing of what is stored, neither the snapshots nor the queue.
 */
import type { Json } from '../shared/json.ts'
import { isJsonObject } from '../shared/json.ts'
import type { ServerMessageOf } from '../shared/sync/messages.ts'

/** The entry of kind `client` that holds it. */
export const IDENTITY_KEY = 'identity'

export interface Identity {
  /** Names this installation; part of the ids of its changes. */
  readonly replica: string
  /** Null before the first connection. */
  readonly owner: { readonly subject: string; readonly tenant: string } | null
  /** The server's store that snapshots came from: another one knows nothing of their marks. */
  readonly serverStore: string | null
  /** The schema under which the app ran last, as text. */
  readonly schema: string | null
}

export function readIdentity(value: Json | Uint8Array | undefined, newReplica: () => string): Identity {
  const isStored =
    value !== undefined &&
    !(value instanceof Uint8Array) &&
    isJsonObject(value) &&
    typeof value.replica === 'string'
  return isStored
    ? (value as unknown as Identity)
    : { replica: newReplica(), owner: null, serverStore: null, schema: null }
}

export type Meeting =
  /** @member isNewStore what is stored came from another store of the server, or there was none. */
  | { readonly type: 'own'; readonly identity: Identity; readonly isNewStore: boolean }
  | { readonly type: 'foreign'; readonly owner: NonNullable<Identity['owner']> }

/** The server has said who this client is to it. */
export function meet(
  identity: Identity,
  { subject, tenant, store }: Pick<ServerMessageOf<'welcome'>, 'subject' | 'tenant' | 'store'>,
): Meeting {
  const { owner } = identity
  if (owner !== null && (owner.subject !== subject || owner.tenant !== tenant))
    return { type: 'foreign', owner }
  const isNewStore = identity.serverStore !== store
  return {
    type: 'own',
    identity: { ...identity, owner: { subject, tenant }, serverStore: store },
    isNewStore,
  }
}
