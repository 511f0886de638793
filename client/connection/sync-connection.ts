/** The port between the connection and what is built on it: stores, records, texts, lists, the inbox. */
import type {
  ActionResult,
  Change,
  ChangeResult,
  ClientMessageOf,
  ConflictAction,
  ServerMessage,
  ServerMessageOf,
} from '../../shared/sync/messages.ts'

interface Openings {
  readonly record: Unnumbered<ClientMessageOf<'record.open'>>
  readonly text: Unnumbered<ClientMessageOf<'text.open'>>
  readonly presence: Unnumbered<ClientMessageOf<'presence.open'>>
  readonly query: Unnumbered<ClientMessageOf<'query.open'>>
  readonly inbox: Unnumbered<ClientMessageOf<'inbox.open'>>
}

/** The kinds of channel, by the message that opens one. */
export type ChannelKind = keyof Openings

/** What opens a channel of this kind, without the number, which the connection gives. */
export type Opening<Kind extends ChannelKind> = Openings[Kind]

/** What a channel may be sent once it is open. */
export type ChannelRequest = Unnumbered<ClientMessageOf<'text.update' | 'presence' | 'list.more'>>

/** What comes on a channel. `closed`: the server has refused it or ended it, and it is not opened again. */
export type ChannelEvent = Extract<ServerMessage, { channel: number }>

type Unnumbered<Message> = Message extends unknown ? Omit<Message, 'channel'> : never

/** Who holds a channel. No method may throw. */
export interface ChannelHolder<Kind extends ChannelKind> {
  /** Asked at every connection: what is known may have grown. */
  opening(): Opening<Kind>
  receive(event: ChannelEvent): void
  /** The connection has gone. The channel is opened again with the next one. */
  lost?(): void
}

export interface Channel {
  /** @returns false if there is no connection now: nothing was sent, and nothing will be. */
  send(request: ChannelRequest): boolean
  close(): void
}

/** `offline`: none, and the next attempt comes by itself. `stopped`: none is made before `start`. */
export type ConnectionStatus =
  | { readonly name: 'idle' }
  | { readonly name: 'connecting' }
  | { readonly name: 'online'; readonly welcome: ServerMessageOf<'welcome'> }
  /** @member retryAt milliseconds since 1970. */
  | { readonly name: 'offline'; readonly reason: string; readonly retryAt: number }
  /** @member code of the error table, where the server has refused the session for good. */
  | { readonly name: 'stopped'; readonly code: string | null; readonly reason: string }

export interface SyncConnection {
  readonly status: ConnectionStatus
  /** @returns a function that ends it. */
  onStatus(listener: (status: ConnectionStatus) => void): () => void
  start(): void
  /** Closes the socket. Channels and changes stay, for the next `start`. */
  stop(): void
  open<Kind extends ChannelKind>(holder: ChannelHolder<Kind>): Channel
  /**
   * Sends the change, and again after every reconnect, in the order of submission, until it is answered. The queue
   * that survives a restart is the caller's: he submits what it holds, in its order. What the change has made of a
   * record whose channel is open is told on that channel before this resolves.
   */
  submit(change: Change): Promise<ChangeResult>
  /** @throws ConnectionLost if the connection goes before the answer: then nobody knows; the inbox shows it. */
  act(conflictId: string, action: ConflictAction): Promise<ActionResult>
}

/** The connection went before the answer to a request that is not repeated. */
export class ConnectionLost extends Error {
  override readonly name = 'ConnectionLost'
}
