/**
 * Every message of the `/sync` protocol, both ways (docs/SYNC.md). On the wire a message is a CBOR array, its number
 * and its members in the order of `message-table.ts`; so no member is left out, and what has no value is null.
 * Whoever changes anything here, or a type that is named here, changes `SYNC_PROTOCOL`: a test compares.
 */
import type { Conflict, ConflictState } from '../conflicts/conflict.ts'
import type { ErrorCode } from '../errors/error-table.ts'
import type { Json, JsonObject } from '../json.ts'
import type { FieldOutcome } from '../record/field-change.ts'
import type { FieldOp, WriteIntent } from '../record/field-op.ts'

/** The version of the protocol that this program speaks: the last part of the address of a socket, `/sync/4`. */
export const SYNC_PROTOCOL = 4

/** How many of his own changes before it a change may name. */
export const CHANGE_AFTER_MAX = 64

/** A version token of a record (`shared/record/version.ts`): what its reader has seen. Nobody looks into it. */
export type VersionToken = string

/** Names what a channel has told, as its reader may see it. Equal marks: nothing has changed for him. Opaque. */
export type Mark = string

/** Where a list goes on. It belongs to the list's filter and order. Opaque. */
export type Cursor = string

/** Chosen by the client; names one channel of one socket. A number is free again once its channel is closed. */
export type ChannelNumber = number

/** A semantic change (W7), as its author made it. It never changes afterwards, however often it is sent. */
export interface Change {
  /** Made by the client, new for every change: 1 to 64 characters of `A–Z a–z 0–9 _ -`. */
  readonly id: string
  readonly collection: string
  readonly recordId: string
  readonly intent: WriteIntent
  readonly ops: readonly FieldOp[]
  /** The version that its author saw; null if he had seen nothing of the record; `*` for whatever is in force. */
  readonly seen: VersionToken | '*' | null
  /**
   * Ids of his own changes to this record that he had made before and that `seen` does not show, newest first. Those
   * that were refused, or are not known, count for nothing.
   */
  readonly after: readonly string[]
  readonly metadata: JsonObject
  /** When he made it, by his own clock, ISO 8601; null if he does not say. */
  readonly claimedAt: string | null
  /** Refuse it whole if somebody else has written what he had not seen, instead of merging. */
  readonly strict: boolean
}

/** What became of one field that a change writes. */
export interface FieldAnswer {
  readonly outcome: FieldOutcome
  readonly reason: string | null
  readonly code: ErrorCode | null
  readonly conflictId: string | null
}

export interface Refusal {
  readonly code: ErrorCode
  readonly message: string
  readonly details: JsonObject
}

export type ChangeResult =
  | {
      readonly status: 'done'
      /** The causal point of the change: all that its author had seen, and the change; null if it wrote nothing. */
      readonly version: VersionToken | null
      readonly fields: Readonly<Record<string, FieldAnswer>>
    }
  /** For good: nothing of it was written, and sending it again gives the same. */
  | ({ readonly status: 'refused' } & Refusal)

/** A conflict with its record, as the inbox tells it (C8). */
export interface ConflictView extends Conflict {
  readonly collection: string
  readonly recordId: string
  /** Whether this reader may work on it and decide it (A5). */
  readonly mayResolve: boolean
}

/** What a person does to a conflict (C5, C7). */
export type ConflictAction =
  | {
      readonly type: 'choose'
      readonly side: string
      readonly seen: readonly string[]
      readonly note: string | null
    }
  /** Another value: of linked fields, and of a dead letter, an object with a member for each. */
  | {
      readonly type: 'value'
      readonly value: Json
      readonly seen: readonly string[]
      readonly note: string | null
    }
  | { readonly type: 'dismiss'; readonly seen: readonly string[]; readonly note: string }
  /** @member proposal id of the proposal that he has read. */
  | { readonly type: 'approve'; readonly proposal: string }
  | { readonly type: 'withdraw' }
  | { readonly type: 'undo' }
  | { readonly type: 'assign'; readonly assignee: string | null }
  | { readonly type: 'comment'; readonly text: string }

export type ActionResult =
  | {
      readonly status: 'done'
      readonly conflict: ConflictView
      /** Of the values that a dead letter was given; null for every other action. */
      readonly fields: Readonly<Record<string, FieldAnswer>> | null
    }
  /** `details.conflict` is the conflict as it is now, where that is what he has to look at. */
  | ({ readonly status: 'refused' } & Refusal)

/**
 * `missing`: there is no such record, or none that this reader may see. `erased`: it was erased (E4), and whatever the
 * client still has of it, changes that wait included, has to be discarded.
 */
export type RecordStatus = 'live' | 'deleted' | 'missing' | 'erased'

/** A record as this reader may see it: fields, disputes and conflicts that he may not read are left out. */
export interface RecordSnapshot {
  readonly status: RecordStatus
  /** Null for one that is missing or erased. */
  readonly version: VersionToken | null
  /** Every field but the texts; null for one without a value. */
  readonly fields: JsonObject
  /** Open conflicts, whole, so that they can be looked at offline. A field that one of them names is disputed. */
  readonly conflicts: readonly ConflictView[]
  /** Fields that he may read and not write. Advice: the server judges every change (A2). */
  readonly readOnly: readonly string[]
  /** Whether he may create and delete it. */
  readonly mayDelete: boolean
}

/** A row of a live query. */
export interface RecordRow {
  readonly id: string
  readonly version: VersionToken
  readonly fields: JsonObject
  readonly disputed: Readonly<Record<string, { readonly conflictId: string; readonly challengers: number }>>
  readonly createdAt: string
  readonly updatedAt: string
}

export type QueryOperand = string | number | boolean | null

export interface Query {
  readonly collection: string
  /** Field → value it must equal; null: no value. Scalar fields only. */
  readonly where: Readonly<Record<string, QueryOperand>>
  /** Null: by id. Records without a value come last; equal ones stand by id. */
  readonly orderBy: { readonly field: string; readonly descending: boolean } | null
  /** The rows behind this place; null: from the first. */
  readonly after: Cursor | null
  readonly limit: number
}

/** What is left out of it does not matter; `assignee: null`: nobody has it. */
export interface InboxFilter {
  readonly states?: readonly ConflictState[] | undefined
  readonly collection?: string | undefined
  readonly recordId?: string | undefined
  readonly assignee?: string | null | undefined
  readonly field?: string | undefined
  readonly kind?: string | undefined
  /** Who wrote one of its sides. */
  readonly author?: string | undefined
}

/** How many conflicts of a collection are in a state. What is zero is left out. */
export interface ConflictCount {
  readonly collection: string
  readonly state: ConflictState
  readonly count: number
}

export interface ConflictCounts {
  /** Of all that the filter would let pass without its `states` and its `collection`. */
  readonly groups: readonly ConflictCount[]
  /** False: there are more, of collections where the records say who may read them. */
  readonly isWhole: boolean
}

/** Presence of one client: `clock` grows with every announcement; `state` null: it has left. */
export interface PresenceEntry {
  readonly client: number
  readonly clock: number
  readonly state: JsonObject | null
}

interface Of<Type extends string> {
  readonly type: Type
}

interface OnChannel<Type extends string> extends Of<Type> {
  readonly channel: ChannelNumber
}

interface RecordName {
  readonly collection: string
  readonly recordId: string
}

export type ClientMessage =
  /**
   * The first message of a socket, if it comes. It has no answer, and waits for none.
   * @member device the name that the user has given this device: metadata of every change.
   */
  | (Of<'hello'> & { readonly device: string })
  /** A fresh token for the same session (W13). */
  | (Of<'token'> & { readonly token: string })
  /** Answered by `pong` with the same number. */
  | (Of<'ping'> & { readonly number: number })
  | OnChannel<'close'>
  | (OnChannel<'record.open'> & RecordName & { readonly known: Mark | null })
  | (Of<'change'> & { readonly change: Change })
  | (OnChannel<'text.open'> & RecordName & { readonly stateVector: Uint8Array })
  /** @member number counts up from 1 on each channel. */
  | (OnChannel<'text.update'> & { readonly number: number; readonly update: Uint8Array })
  | (OnChannel<'presence.open'> & RecordName)
  /** On a text channel or a presence channel. */
  | (OnChannel<'presence'> & { readonly entries: readonly PresenceEntry[] })
  | (OnChannel<'query.open'> & { readonly query: Query; readonly known: Mark | null })
  | (OnChannel<'inbox.open'> & {
      readonly filter: InboxFilter
      readonly after: Cursor | null
      readonly limit: number
      /** Whether `counts` is to be told. */
      readonly counts: boolean
      readonly known: Mark | null
    })
  /** On a query or an inbox: so many rows from now on. Answered by a diff, or by `same`. */
  | (OnChannel<'list.more'> & { readonly limit: number })
  /** @member request chosen by the client; comes back in `acted`. */
  | (Of<'act'> & { readonly request: number; readonly conflictId: string; readonly action: ConflictAction })

/** What a client has to keep to; beyond it the socket is closed (1013), or the request refused. */
export interface SessionBounds {
  /** Changes and actions that may wait for their answers. */
  readonly inFlight: number
  readonly frameBytes: number
  /** Of a query or an inbox. */
  readonly rows: number
}

export type ServerMessage =
  /** The first message of a socket, without being asked. */
  | (Of<'welcome'> &
      SessionBounds & {
        readonly subject: string
        readonly tenant: string
        /** When the token expires, from now on; null if it never does. Milliseconds, so that no clocks are compared. */
        readonly expiresInMs: number | null
        /** Tells the store from others. Another one than before: it was restored from a backup, and versions may be lost (S9). */
        readonly store: string
      })
  /** The fresh token is in force; `expiresInMs` as in `welcome`. */
  | (Of<'renewed'> & { readonly expiresInMs: number | null })
  | (Of<'pong'> & { readonly number: number })
  /** The server has closed the channel, or never opened it; its number is free. */
  | (OnChannel<'closed'> & Refusal)
  /** After the opening, and after every commit that changes what this reader sees. The latest replaces all before. */
  | (OnChannel<'record.state'> & { readonly mark: Mark; readonly record: RecordSnapshot })
  /** Answers the opening of any channel with `known`, and `list.more`: that is what there is. */
  | OnChannel<'same'>
  | (Of<'changed'> & { readonly id: string; readonly result: ChangeResult })
  /** Answers the opening: what the client lacks, and what the server has, so that the client can send the rest. */
  | (OnChannel<'text.opened'> & {
      readonly update: Uint8Array
      readonly stateVector: Uint8Array
      readonly mayWrite: boolean
    })
  /** What a commit has brought, also to its author: it may come in other pieces than it was sent. */
  | (OnChannel<'text.update'> & { readonly update: Uint8Array })
  /** The update with this number is durable. */
  | (OnChannel<'text.done'> & { readonly number: number })
  /** The update was not taken, and will never be. */
  | (OnChannel<'text.refused'> & { readonly number: number } & Refusal)
  /** The update was not taken: it builds on something that the server lacks. The client sends what this lacks. */
  | (OnChannel<'text.behind'> & { readonly number: number; readonly stateVector: Uint8Array })
  /** Digest of what the text shows (`shared/text/content-digest.ts`), with all that the channel has told before (K15). */
  | (OnChannel<'text.content'> & { readonly digest: number })
  | (OnChannel<'presence'> & { readonly entries: readonly PresenceEntry[] })
  /** Answers the opening. @member next behind the last row; null if no more records match. */
  | (OnChannel<'query.page'> & {
      readonly mark: Mark
      readonly rows: readonly RecordRow[]
      readonly next: Cursor | null
    })
  /** What has changed since the last message of the channel. @member ids of all rows in order; null: as before. */
  | (OnChannel<'query.diff'> & {
      readonly mark: Mark
      readonly changed: readonly RecordRow[]
      readonly ids: readonly string[] | null
      readonly next: Cursor | null
    })
  /** @member counts null if they were not asked for. */
  | (OnChannel<'inbox.page'> & {
      readonly mark: Mark
      readonly conflicts: readonly ConflictView[]
      readonly next: Cursor | null
      readonly counts: ConflictCounts | null
    })
  | (OnChannel<'inbox.diff'> & {
      readonly mark: Mark
      readonly changed: readonly ConflictView[]
      readonly ids: readonly string[] | null
      readonly next: Cursor | null
      readonly counts: ConflictCounts | null
    })
  | (Of<'acted'> & { readonly request: number; readonly result: ActionResult })

export type ClientMessageOf<Type extends ClientMessage['type']> = Extract<ClientMessage, { type: Type }>
export type ServerMessageOf<Type extends ServerMessage['type']> = Extract<ServerMessage, { type: Type }>
