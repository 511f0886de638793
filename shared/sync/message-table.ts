/**
 * How each message stands on the wire: its number, then its members in this order. A message that the table lacks, or
 * a member that it does not name, does not compile.
 */
import type { ClientMessage, ServerMessage } from './messages.ts'

type AnyMessage = ClientMessage | ServerMessage
type MemberOf<Message> = Message extends unknown ? Exclude<keyof Message, 'type'> : never

/** The names of a message's members, each once, in any order. */
type Ordered<Members extends string> = [Members] extends [never]
  ? readonly []
  : { [Member in Members]: readonly [Member, ...Ordered<Exclude<Members, Member>>] }[Members]

type TableOf<Message extends AnyMessage> = {
  readonly [Type in Message['type']]: readonly [
    number: number,
    ...members: Ordered<MemberOf<Extract<Message, { type: Type }>>>,
  ]
}

export const clientTable = {
  hello: [0, 'device'],
  token: [1, 'token'],
  ping: [2, 'number'],
  close: [3, 'channel'],
  change: [4, 'change'],
  act: [5, 'request', 'conflictId', 'action'],
  'record.open': [6, 'channel', 'collection', 'recordId', 'known'],
  'text.open': [7, 'channel', 'collection', 'recordId', 'stateVector'],
  'text.update': [8, 'channel', 'number', 'update'],
  'presence.open': [9, 'channel', 'collection', 'recordId'],
  presence: [10, 'channel', 'entries'],
  'query.open': [11, 'channel', 'query', 'known'],
  'inbox.open': [12, 'channel', 'filter', 'after', 'limit', 'counts', 'known'],
  'list.more': [13, 'channel', 'limit'],
} as const satisfies TableOf<ClientMessage>

export const serverTable = {
  welcome: [0, 'subject', 'tenant', 'expiresInMs', 'store', 'inFlight', 'frameBytes', 'rows'],
  renewed: [1, 'expiresInMs'],
  pong: [2, 'number'],
  closed: [3, 'channel', 'code', 'message', 'details'],
  changed: [4, 'id', 'result'],
  acted: [5, 'request', 'result'],
  same: [6, 'channel'],
  'record.state': [7, 'channel', 'mark', 'record'],
  'text.opened': [8, 'channel', 'update', 'stateVector', 'mayWrite'],
  'text.update': [9, 'channel', 'update'],
  'text.done': [10, 'channel', 'number'],
  'text.refused': [11, 'channel', 'number', 'code', 'message', 'details'],
  'text.behind': [12, 'channel', 'number', 'stateVector'],
  presence: [13, 'channel', 'entries'],
  'query.page': [14, 'channel', 'mark', 'rows', 'next'],
  'query.diff': [15, 'channel', 'mark', 'changed', 'ids', 'next'],
  'inbox.page': [16, 'channel', 'mark', 'conflicts', 'next', 'counts'],
  'text.content': [18, 'channel', 'digest'],
  'inbox.diff': [17, 'channel', 'mark', 'changed', 'ids', 'next', 'counts'],
} as const satisfies TableOf<ServerMessage>
