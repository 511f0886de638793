/**
 * The gate for awareness updates, which say who is in a room: each entry is a Yjs client id, a clock and a
 * state. Strict and bounded, because y-protocols takes a message of 100,000 forged ids, and a clock of 2^50
 * silences its victim for ever. Whose ids an entry may carry is the room's decision.
 */
import * as encoding from 'lib0/encoding'
import type { JsonObject } from '../../shared/json.ts'
import { isJsonObject } from '../../shared/json.ts'
import type { ByteReader } from '../../shared/wire/byte-reader.ts'
import { decode } from '../../shared/wire/byte-reader.ts'
import { MalformedBytes } from '../../shared/wire/malformed-bytes.ts'
import { parseStrictJson } from '../../shared/wire/strict-json.ts'

export interface AwarenessEntry {
  readonly client: number
  /** Grows with every announcement of the client. */
  readonly clock: number
  /** Null: the client has left. */
  readonly state: JsonObject | null
}

export type ReadAwareness =
  | { readonly ok: true; readonly entries: readonly AwarenessEntry[] }
  | { readonly ok: false; readonly reason: string }

export interface AwarenessLimits {
  readonly payloadBytesMax: number
  readonly entriesMax: number
  /** Of one state's JSON. */
  readonly stateBytesMax: number
  readonly stateDepthMax: number
  readonly clockMax: number
}

/**
 * A stock y-websocket client repeats to the server what it hears of others, and hears of a whole room when it
 * joins: the bounds on entries and bytes have to admit a full room, not one client. The clock's bound is out
 * of reach for a client that moves its cursor sixty times a second for a year.
 */
export const defaultAwarenessLimits: AwarenessLimits = {
  payloadBytesMax: 256 * 1024,
  entriesMax: 512,
  stateBytesMax: 16 * 1024,
  stateDepthMax: 32,
  clockMax: 2 ** 31 - 1,
}

/**
 * A refused update should be dropped, not held against the session: its client may only repeat what others
 * have announced.
 */
export function readAwareness(payload: Uint8Array, limits: AwarenessLimits): ReadAwareness {
  if (payload.byteLength > limits.payloadBytesMax)
    return { ok: false, reason: `${payload.byteLength} bytes, more than ${limits.payloadBytesMax}` }
  const decoded = decode(payload, (reader) => readEntries(reader, limits))
  return decoded.ok
    ? { ok: true, entries: decoded.value }
    : { ok: false, reason: `byte ${decoded.at}: ${decoded.reason}` }
}

const ENTRY_BYTES_MIN = 4

function readEntries(reader: ByteReader, limits: AwarenessLimits): readonly AwarenessEntry[] {
  const count = reader.count(ENTRY_BYTES_MIN)
  if (count > limits.entriesMax) throw new MalformedBytes(`more than ${limits.entriesMax} entries`)
  const entries = new Map<number, AwarenessEntry>()
  for (let index = 0; index < count; index++) {
    const client = reader.uint()
    const clock = reader.uint()
    if (clock > limits.clockMax) throw new MalformedBytes(`a clock beyond ${limits.clockMax}`)
    if (entries.has(client)) throw new MalformedBytes(`client ${client} stands twice`)
    entries.set(client, { client, clock, state: readState(reader, limits) })
  }
  return [...entries.values()]
}

function readState(reader: ByteReader, limits: AwarenessLimits): JsonObject | null {
  const state = parseStrictJson(reader.text(limits.stateBytesMax), limits.stateDepthMax)
  if (state !== null && !isJsonObject(state)) throw new MalformedBytes('a state is an object or null')
  return state
}

/** The payload of an awareness frame. */
export const encodeAwareness = (entries: readonly AwarenessEntry[]): Uint8Array =>
  encoding.encode((encoder) => {
    encoding.writeVarUint(encoder, entries.length)
    for (const { client, clock, state } of entries) {
      encoding.writeVarUint(encoder, client)
      encoding.writeVarUint(encoder, clock)
      encoding.writeVarString(encoder, JSON.stringify(state))
    }
  })
