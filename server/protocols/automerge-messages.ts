/**
 * The messages of the automerge-repo WebSocket protocol, version 1: one CBOR map per binary frame. Decoding
 * is bounded, and every message is checked before anybody looks into it.
 */
import { Decoder, Encoder, setSizeLimits } from 'cbor-x'
import { z } from 'zod'
import { SluiceError } from '../../shared/errors/error-table.ts'

const ID_LENGTH_MAX = 256
const PRESENCE_BYTES_MAX = 64 * 1024

/** A header of nine bytes may announce an array of millions: refuse before memory is set aside. */
const CLIENT_SIZES = { maxArraySize: 4_096, maxMapSize: 4_096, maxObjectSize: 4_096 }
/** Those of the library. It has one set for the whole process, and the server's own snapshots are larger. */
const OWN_SIZES = { maxArraySize: 112_810_000, maxMapSize: 16_810_000, maxObjectSize: 16_710_000 }

const decoder = new Decoder({ tagUint8Array: false, useRecords: false, mapsAsObjects: true })
const encoder = new Encoder({ tagUint8Array: false, useRecords: false })

const id = z.string().min(1).max(ID_LENGTH_MAX)
const bytes = z.custom<Uint8Array>(
  (value) => value instanceof Uint8Array && value.byteLength > 0,
  'is not a byte string, or empty',
)
const addressed = { senderId: id, targetId: id }

const clientMessage = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('join'),
    senderId: id,
    peerMetadata: z.object({ storageId: id.optional(), isEphemeral: z.boolean().optional() }).optional(),
    supportedProtocolVersions: z.array(z.string().max(16)).max(16).optional(),
  }),
  z.object({ type: z.literal('leave'), senderId: id }),
  z.object({ type: z.enum(['request', 'sync']), ...addressed, documentId: id, data: bytes }),
  z.object({ type: z.literal('doc-unavailable'), ...addressed, documentId: id }),
  z.object({
    type: z.literal('ephemeral'),
    ...addressed,
    documentId: id,
    sessionId: id,
    count: z.number().int().nonnegative(),
    data: bytes.refine(
      (data) => data.byteLength <= PRESENCE_BYTES_MAX,
      `is larger than ${PRESENCE_BYTES_MAX} bytes`,
    ),
  }),
  z.object({
    type: z.literal('remote-subscription-change'),
    ...addressed,
    add: z.array(id).max(1_024).optional(),
    remove: z.array(id).max(1_024).optional(),
  }),
  z.object({ type: z.literal('remote-heads-changed'), ...addressed, documentId: id, newHeads: z.unknown() }),
])

export type ClientMessage = z.output<typeof clientMessage>
export type SyncRequest = Extract<ClientMessage, { type: 'request' | 'sync' }>
export type EphemeralMessage = Extract<ClientMessage, { type: 'ephemeral' }>

export type ServerMessage =
  | {
      readonly type: 'peer'
      readonly senderId: string
      readonly targetId: string
      readonly peerMetadata: { readonly storageId: string; readonly isEphemeral: false }
      readonly selectedProtocolVersion: '1'
    }
  | {
      readonly type: 'sync'
      readonly senderId: string
      readonly targetId: string
      readonly documentId: string
      readonly data: Uint8Array
    }
  | {
      readonly type: 'doc-unavailable'
      readonly senderId: string
      readonly targetId: string
      readonly documentId: string
    }
  | {
      readonly type: 'ephemeral'
      readonly senderId: string
      readonly targetId: string
      readonly documentId: string
      readonly sessionId: string
      readonly count: number
      readonly data: Uint8Array
    }
  | {
      readonly type: 'remote-heads-changed'
      readonly senderId: string
      readonly targetId: string
      readonly documentId: string
      readonly newHeads: Readonly<
        Record<string, { readonly heads: readonly string[]; readonly timestamp: number }>
      >
    }
  | { readonly type: 'error'; readonly senderId: string; readonly targetId: string; readonly message: string }

/** @throws SluiceError `bad_frame` that names the member at fault. */
export function decodeMessage(frame: Uint8Array): ClientMessage {
  let decoded: unknown
  setSizeLimits(CLIENT_SIZES)
  try {
    decoded = decoder.decode(frame)
  } catch {
    throw new SluiceError('bad_frame', 'the frame is not one CBOR value')
  } finally {
    setSizeLimits(OWN_SIZES)
  }
  const checked = clientMessage.safeParse(decoded)
  if (checked.success) return checked.data
  const [issue] = checked.error.issues
  throw new SluiceError(
    'bad_frame',
    `${issue?.path.join('.') || 'message'}: ${issue?.message ?? 'not valid'}`,
  )
}

export const encodeMessage = (message: ServerMessage): Uint8Array => encoder.encode(message)
