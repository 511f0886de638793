/**
 * What must survive closing the app, behind one port. A driver is naive: it keeps entries, each a value under a kind
 * and a key, and writes several of them at once or not at all. What the entries mean is told in `saved-state.ts`; one
 * contract suite, `test/contract/client-store-contract.ts`, runs on every driver.
 */
import type { Json } from '../../shared/json.ts'

/**
 * - `client`: who this client is, under whom it works, and which schema and store it has known.
 * - `record`: the last confirmed snapshot of each record, by `collection/id`.
 * - `change`: changes that are not durable on the server, or that have lost, in the order in which they were made.
 * - `action`: decisions about conflicts that the server has not answered, in the order in which they were made.
 * - `text`: the whole state of each text that has been open; keys start with `collection/id`.
 * - `update`: what has been added to a text since, in order; keys start with the text's.
 * - `list`: live queries and inboxes as they were told last, by what they ask for.
 */
export const ENTRY_KINDS = ['client', 'record', 'change', 'action', 'text', 'update', 'list'] as const
export type EntryKind = (typeof ENTRY_KINDS)[number]

/** JSON, or bytes where it is CRDT state. */
export type StoredValue = Json | Uint8Array

export interface StoredEntry {
  /** At most 300 UTF-16 units. */
  readonly key: string
  readonly value: StoredValue
}

export type StoreWrite =
  | { readonly type: 'put'; readonly kind: EntryKind; readonly key: string; readonly value: StoredValue }
  | { readonly type: 'delete'; readonly kind: EntryKind; readonly key: string }

export interface ClientStore {
  /** The value, or undefined if there is none. */
  read(kind: EntryKind, key: string): Promise<StoredValue | undefined>

  /** All entries of a kind whose keys start with `prefix`, in the order of their keys (UTF-16 units). */
  list(kind: EntryKind, prefix?: string): Promise<readonly StoredEntry[]>

  /**
   * Carries out all writes, or none. When it resolves they outlive a crash of the app. Calls take effect in the order
   * in which they were made, also while earlier ones are under way. Of several writes to a key the last one counts.
   * @throws StoreProblem when the medium does not take it; then nothing of it was written.
   */
  write(writes: readonly StoreWrite[]): Promise<void>

  /** Waits for the writes under way and lets go of the medium. Nothing may be asked of it any more. */
  close(): Promise<void>
}

/** `full`: no space. `blocked`: the browser or the system does not let it. `failed`: anything else. */
export type StoreProblemKind = 'full' | 'blocked' | 'failed'

export class StoreProblem extends Error {
  readonly kind: StoreProblemKind

  constructor(kind: StoreProblemKind, message: string, cause?: unknown) {
    super(message, { cause })
    this.name = 'StoreProblem'
    this.kind = kind
  }
}

/** Opens a store. @throws StoreProblem when there is none to be had. */
export interface OpenStore {
  (): Promise<ClientStore>
  /** The name of the lock by which the tabs of a browser have it together; left out where one app has it alone. */
  readonly lock?: string
}
