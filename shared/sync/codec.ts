/** Messages as frames and back: a CBOR array of the message's number and its members, as the table orders them. */
import type { CborLimits, CborValue } from '../wire/cbor.ts'
import { decodeCbor, encodeCbor } from '../wire/cbor.ts'
import { MalformedBytes } from '../wire/malformed-bytes.ts'
import { clientTable, serverTable } from './message-table.ts'
import type { ClientMessage, ServerMessage } from './messages.ts'

/** A message as its frame tells it: its members are there, and nothing is known of their values. */
export interface UncheckedMessage {
  readonly type: string
  readonly [member: string]: unknown
}

/** Of one change: some hundred operations with nested values. */
const CLIENT_LIMITS: CborLimits = { depthMax: 40, valuesMax: 200_000 }
/** The client believes its server, and holds pages of records. */
const SERVER_LIMITS: CborLimits = { depthMax: 64, valuesMax: 10_000_000 }

type Table = Readonly<Record<string, readonly [number: number, ...members: string[]]>>
type Row = readonly [type: string, members: readonly string[]]

const rowsByNumber = (table: Table): ReadonlyMap<unknown, Row> =>
  new Map(Object.entries(table).map(([type, [number, ...members]]) => [number, [type, members]]))

const clientRows = rowsByNumber(clientTable)
const serverRows = rowsByNumber(serverTable)

export const encodeClientMessage = (message: ClientMessage): Uint8Array => encode(clientTable, message)

export const encodeServerMessage = (message: ServerMessage): Uint8Array => encode(serverTable, message)

/** @throws MalformedBytes */
export const decodeClientMessage = (frame: Uint8Array): UncheckedMessage =>
  decode(clientRows, frame, CLIENT_LIMITS)

/** The server's messages are believed. @throws MalformedBytes */
export const decodeServerMessage = (frame: Uint8Array): ServerMessage =>
  decode(serverRows, frame, SERVER_LIMITS) as unknown as ServerMessage

function encode(table: Table, message: ClientMessage | ServerMessage): Uint8Array {
  const [number, ...members] = table[message.type] ?? [-1]
  const values: Readonly<Record<string, unknown>> = { ...message }
  return encodeCbor([number, ...members.map((member) => values[member] as CborValue)])
}

function decode(rows: ReadonlyMap<unknown, Row>, frame: Uint8Array, limits: CborLimits): UncheckedMessage {
  const value = decodeCbor(frame, limits)
  if (!Array.isArray(value)) throw new MalformedBytes('a message is an array')
  const [number, ...values]: readonly unknown[] = value
  const row = rows.get(number)
  if (row === undefined) throw new MalformedBytes(`there is no message ${String(number)}`)
  const [type, members] = row
  if (values.length !== members.length)
    throw new MalformedBytes(`${type} has ${members.length} members, not ${values.length}`)
  return { type, ...Object.fromEntries(members.map((member, index) => [member, values[index]])) }
}
