/**
 * What many clients are told in the same words, encoded once: a text that hundreds open at the same moment would lie in
 * memory as often otherwise, and each keystroke be encoded for everybody who reads along.
 */
import { encodeServerMessage } from '../../../shared/sync/codec.ts'
import type { ServerMessage } from '../../../shared/sync/messages.ts'

type Members = Readonly<Record<string, unknown>>

interface Encoded {
  readonly members: Members
  readonly bytes: Uint8Array
}

/** Clients number their channels alike, but for what each had open before. */
const VARIANTS_MAX = 8

/** By what the messages are about; forgotten with it. */
const encoded = new WeakMap<object, Encoded[]>()

/**
 * @param about what the message holds, which stays as it is: the same object for everybody who is told of it.
 * @returns the frame, the same bytes for messages whose members are the same.
 */
export function sharedMessage(message: ServerMessage, about: object): Uint8Array {
  const known = encoded.get(about) ?? []
  const members: Members = { ...message }
  const found = known.find((one) => hasSameMembers(one.members, members))
  if (found !== undefined) return found.bytes
  const bytes = encodeServerMessage(message)
  if (known.length < VARIANTS_MAX) {
    known.push({ members, bytes })
    encoded.set(about, known)
  }
  return bytes
}

function hasSameMembers(one: Members, other: Members): boolean {
  for (const name in one) if (one[name] !== other[name]) return false
  return true
}
