/**
 * What the tabs of one store say to each other. One of them leads: it alone has the connection and writes the queue. To
 * it the others speak as to the server, in the messages of the sync protocol, and hand over what they change.
 */
import type { ClientMessage, ServerMessage } from '../../shared/sync/messages.ts'
import type { ConnectionStatus } from '../connection/sync-connection.ts'
import type { Decision, DecisionOutcome } from '../decisions.ts'
import type { Identity } from '../identity.ts'
import type { QueuedChange } from '../record/queued-change.ts'
import type { RecordState } from '../record/record-state.ts'
import type { StorageStatus } from '../store/steady-store.ts'

/** Goes up with every change to these messages, but for the first two of `Envelope`: tabs of another version share nothing. */
export const TABS_VERSION = 1

/** The address at which all tabs of a store listen. */
export const EVERYBODY = 'everybody'

/** What is asked again of the next leader, until one says that it is done: asking twice is harmless. */
export type Request =
  /** A change was made: it is to be stored, and sent. */
  | { readonly type: 'take'; readonly change: QueuedChange['change'] }
  | { readonly type: 'dismiss'; readonly id: string }
  | { readonly type: 'forget' }
  /** Whether it is there. */
  | { readonly type: 'answer' }

export type ToLeader =
  /** @member schema as text: a tab with another one, of another version of the app, shares nothing. */
  | { readonly type: 'join'; readonly schema: string }
  /** Whether this tab wants a connection. */
  | { readonly type: 'want'; readonly isWanting: boolean }
  /** As to the server. */
  | { readonly type: 'up'; readonly message: ClientMessage }
  | { readonly type: 'request'; readonly number: number; readonly request: Request }
  | { readonly type: 'decide'; readonly decision: Decision }

/** What the tabs share, as far as the store does not tell it. */
export interface Shared {
  readonly identity: Identity
  readonly storage: StorageStatus
  /** Of every record with changes of its own, and of all that the leader has heard of. */
  readonly records: readonly (readonly [name: string, state: RecordState])[]
  readonly decisions: readonly Decision[]
}

export type ToTab =
  | { readonly type: 'joined'; readonly shared: Shared }
  | { readonly type: 'refused'; readonly reason: string }
  /** Everything that was stored has been discarded. */
  | { readonly type: 'forgotten'; readonly shared: Shared }
  | { readonly type: 'status'; readonly status: ConnectionStatus }
  | { readonly type: 'storage'; readonly storage: StorageStatus }
  | { readonly type: 'record'; readonly name: string; readonly state: RecordState }
  /** As from the server. */
  | { readonly type: 'down'; readonly message: ServerMessage }
  | { readonly type: 'done'; readonly number: number }
  | { readonly type: 'decisions'; readonly decisions: readonly Decision[] }
  | { readonly type: 'decided'; readonly id: string; readonly outcome: DecisionOutcome }

/** On the way between tabs. */
export type Envelope =
  | { readonly from: string; readonly type: 'who-leads' }
  | { readonly from: string; readonly type: 'leads'; readonly version: number }
  | { readonly from: string; readonly type: 'up'; readonly message: ToLeader }
  | { readonly from: string; readonly type: 'down'; readonly message: ToTab }
