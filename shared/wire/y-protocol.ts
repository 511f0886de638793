/**
 * The frames of y-websocket, one message each: `varUint type`, then what the type carries. Reading is strict,
 * so a frame that says more than its type allows is refused; writing yields what unmodified clients read.
 */
import * as encoding from 'lib0/encoding'
import type { ByteReader, Decoded } from './byte-reader.ts'
import { decode } from './byte-reader.ts'
import { MalformedBytes } from './malformed-bytes.ts'

/** Byte arrays are views of the frame; copy what has to outlive it. */
export type YFrame =
  | { readonly type: 'sync-step-1'; readonly stateVector: Uint8Array }
  | { readonly type: 'sync-step-2'; readonly update: Uint8Array }
  | { readonly type: 'update'; readonly update: Uint8Array }
  | { readonly type: 'awareness'; readonly payload: Uint8Array }
  /** Travels from server to client only. */
  | { readonly type: 'permission-denied'; readonly reason: string }
  | { readonly type: 'query-awareness' }
  /** A fresh token for the same session. */
  | { readonly type: 'token'; readonly token: string }

export type ReadFrame =
  | { readonly ok: true; readonly frame: YFrame }
  | { readonly ok: false; readonly reason: string /** Byte offset of the fault. */; readonly at: number }

const MESSAGE_SYNC = 0
const MESSAGE_AWARENESS = 1
const MESSAGE_AUTH = 2
const MESSAGE_QUERY_AWARENESS = 3

const SYNC_STEP_1 = 0
const SYNC_STEP_2 = 1
const SYNC_UPDATE = 2

const AUTH_PERMISSION_DENIED = 0
/** Not in the library, whose clients pass over auth types that they do not know. */
const AUTH_TOKEN = 1

/** What a request's headers could carry as well. */
const TOKEN_BYTES_MAX = 16 * 1024

export function readFrame(bytes: Uint8Array): ReadFrame {
  const decoded = decode(bytes, readMessage)
  return decoded.ok ? { ok: true, frame: decoded.value } : decoded
}

function readMessage(reader: ByteReader): YFrame {
  const type = reader.uint()
  switch (type) {
    case MESSAGE_SYNC:
      return readSync(reader)
    case MESSAGE_AWARENESS:
      return { type: 'awareness', payload: reader.bytes() }
    case MESSAGE_AUTH:
      return readAuth(reader)
    case MESSAGE_QUERY_AWARENESS:
      return { type: 'query-awareness' }
    default:
      throw new MalformedBytes(`unknown message type ${type}`)
  }
}

function readSync(reader: ByteReader): YFrame {
  const type = reader.uint()
  switch (type) {
    case SYNC_STEP_1:
      return { type: 'sync-step-1', stateVector: reader.bytes() }
    case SYNC_STEP_2:
      return { type: 'sync-step-2', update: reader.bytes() }
    case SYNC_UPDATE:
      return { type: 'update', update: reader.bytes() }
    default:
      throw new MalformedBytes(`unknown sync message type ${type}`)
  }
}

function readAuth(reader: ByteReader): YFrame {
  const type = reader.uint()
  if (type === AUTH_TOKEN) return { type: 'token', token: reader.text(TOKEN_BYTES_MAX) }
  if (type !== AUTH_PERMISSION_DENIED) throw new MalformedBytes(`unknown auth message type ${type}`)
  return { type: 'permission-denied', reason: reader.text() }
}

/** Asks the other side for what this state vector lacks. */
export const writeSyncStep1 = (stateVector: Uint8Array): Uint8Array =>
  writeBytes([MESSAGE_SYNC, SYNC_STEP_1], stateVector)

/** The answer to a SyncStep1. */
export const writeSyncStep2 = (update: Uint8Array): Uint8Array =>
  writeBytes([MESSAGE_SYNC, SYNC_STEP_2], update)

export const writeUpdate = (update: Uint8Array): Uint8Array => writeBytes([MESSAGE_SYNC, SYNC_UPDATE], update)

/** @param payload as `encodeAwareness` makes it. */
export const writeAwareness = (payload: Uint8Array): Uint8Array => writeBytes([MESSAGE_AWARENESS], payload)

/** y-websocket only warns about it; the close code that follows is what stops the client. */
export const writePermissionDenied = (reason: string): Uint8Array => writeAuth(AUTH_PERMISSION_DENIED, reason)

/** From a client: continues its session with a fresh token. */
export const writeToken = (token: string): Uint8Array => writeAuth(AUTH_TOKEN, token)

/** The answer to a fresh token. @param expiresAt ISO 8601; empty if the session has no end. */
export const writeRenewed = (expiresAt: string): Uint8Array => writeAuth(AUTH_TOKEN, expiresAt)

const writeAuth = (type: number, text: string): Uint8Array =>
  encoding.encode((encoder) => {
    encoding.writeVarUint(encoder, MESSAGE_AUTH)
    encoding.writeVarUint(encoder, type)
    encoding.writeVarString(encoder, text)
  })

function writeBytes(types: readonly number[], bytes: Uint8Array): Uint8Array {
  return encoding.encode((encoder) => {
    for (const type of types) encoding.writeVarUint(encoder, type)
    encoding.writeVarUint8Array(encoder, bytes)
  })
}

export interface StateVectorLimits {
  readonly entriesMax: number
}

/** A document gains an entry with every editing session, so one of ten years' daily use has some 10,000. */
export const defaultStateVectorLimits: StateVectorLimits = { entriesMax: 100_000 }

const ENTRY_BYTES_MIN = 2

/** What a SyncStep1 carries: Yjs client id → the first clock that its sender has not seen. */
export function readStateVector(
  bytes: Uint8Array,
  limits: StateVectorLimits,
): Decoded<ReadonlyMap<number, number>> {
  return decode(bytes, (reader) => {
    const count = reader.count(ENTRY_BYTES_MIN)
    if (count > limits.entriesMax) throw new MalformedBytes(`more than ${limits.entriesMax} clients`)
    const clocks = new Map<number, number>()
    for (let entry = 0; entry < count; entry++) {
      const client = reader.uint()
      if (clocks.has(client)) throw new MalformedBytes(`client ${client} stands twice`)
      clocks.set(client, reader.uint())
    }
    return clocks
  })
}
