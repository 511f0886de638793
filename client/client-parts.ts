/** What a client is made of, and what it tells of itself. */
import type { Schema } from '../shared/schema/schema.ts'
import type { ConnectionStatus, SyncConnection } from './connection/sync-connection.ts'
import type { DecisionLine, DecisionParts } from './decisions.ts'
import type { LiveRecord } from './live-record.ts'
import type { WritePolicy } from './record/record-view.ts'
import type { ClientStore, StoredEntry } from './store/client-store.ts'
import type { SteadyStore } from './store/steady-store.ts'

export interface CollectionPolicy {
  /** Default: `local_first`. */
  readonly writes?: WritePolicy
  /** `online`: a record can be deleted only while the server is there to say whether it may. Default: `anytime`. */
  readonly deletes?: 'online' | 'anytime'
}

export interface ClientParts {
  readonly schema: Schema
  readonly connection: SyncConnection
  readonly store: ClientStore & Pick<SteadyStore, 'status'>
  readonly policies: Readonly<Record<string, CollectionPolicy>>
  readonly now: () => Date
  /** @returns how to call it off. */
  readonly after: (ms: number, run: () => void) => () => void
  /** Characters `A–Z a–z 0–9 _ -`, never the same twice. */
  readonly randomId: () => string
  /** Where several tabs share a store; left out where one app has it for itself. */
  readonly tabs?: TabParts
}

export interface TabParts {
  /** Another line of decisions than the client's own. */
  readonly decisions: (stored: readonly StoredEntry[], parts: DecisionParts) => DecisionLine
  /** Called when something of a record has changed. */
  readonly onRecord?: (record: LiveRecord) => void
  /** Discards what all tabs share. */
  readonly forget?: () => Promise<void>
  readonly talk?: OpenTalk
}

/** Opens a line to those parts of other tabs that have opened the same, not to oneself. */
export type OpenTalk = (topic: string, hear: (message: unknown) => void) => Talk

export interface Talk {
  tell(message: unknown): void
  close(): void
}

/** Whether edits reach the server, and if not, why. */
export type ClientStatus =
  | ConnectionStatus
  /** The store holds edits of another person. They wait for his token, or for `forget`. */
  | { readonly name: 'foreign'; readonly owner: { readonly subject: string; readonly tenant: string } }
