/** The public entry of `sluice/client`: records, offline first. Texts are in `sluice/text`. */

export { decodeSchema } from '../shared/schema/schema-answer.ts'
export type {
  ConflictCount,
  ConflictCounts,
  ConflictView,
  Cursor,
  FieldAnswer,
  Refusal,
  VersionToken,
} from '../shared/sync/messages.ts'
export type { ChangeHandle, ChangeOutcome } from './change-handle.ts'
export type { ClientStatus, CollectionPolicy } from './client-parts.ts'
export type { ConnectOptions } from './connect.ts'
export { connect } from './connect.ts'
export type { Decision, DecisionOutcome, DecisionStatus } from './decisions.ts'
export type { CollectionHandle } from './live/collection-handle.ts'
export type { ActionOutcome, InboxHandle, InboxOptions, InboxView } from './live/inbox-handle.ts'
export type { ListStatus } from './live/live-list.ts'
export type { Presence, PresenceHandle, PresenceView } from './live/presence-handle.ts'
export type { QueryHandle, QueryOptions, QueryRow, QueryView } from './live/query-handle.ts'
export type { ConflictNotice } from './live-record.ts'
export type { ChangeStatus } from './record/change-status.ts'
export type { RecordView, WritePolicy } from './record/record-view.ts'
export type { RecordForm } from './record-form.ts'
export type { ChangeOptions, OwnChange, Permission, RecordHandle } from './record-handle.ts'
export type { Resolving } from './resolving.ts'
export type { SluiceClient } from './sluice-client.ts'
export type {
  ClientStore,
  EntryKind,
  OpenStore,
  StoredEntry,
  StoredValue,
  StoreWrite,
} from './store/client-store.ts'
export { StoreProblem } from './store/client-store.ts'
export { indexedDbStore } from './store/indexed-db-store.ts'
export { memoryStore } from './store/memory-store.ts'
export type { StorageStatus } from './store/steady-store.ts'
export type { Draft, NewFields } from './typed/draft-types.ts'
