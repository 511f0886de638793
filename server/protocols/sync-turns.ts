/**
 * The turns of Automerge's sync protocol that most messages are, without the library's document: a peer has all that we
 * have, or it has nothing. What is known of it afterwards is what the library would know.
 */
import type { SyncState } from '@automerge/automerge'
import type { SyncMessage } from '../gate/sync-message.ts'
import { encodeSyncMessage } from '../gate/sync-message.ts'

/** With the members that the library's own type leaves out. */
export type PeerState = SyncState & {
  readonly haveResponded?: boolean
  readonly theirCapabilities?: readonly string[] | null
  readonly theirNeed?: readonly string[] | null
  readonly inFlight?: boolean
}

/** As the library names what `SyncMessage.takesDocuments` says. */
const TAKES_DOCUMENTS = 'message-v2'

/** Whether the sender says that it has just these heads, and asks for nothing. */
export const isAt = ({ heads, need }: Pick<SyncMessage, 'heads' | 'need'>, own: readonly string[]): boolean =>
  need.length === 0 && heads.length === own.length && own.every((head) => heads.includes(head))

/** Whether the sender says that it has nothing, and has never had any. */
export const hasNothing = ({ heads, need, have }: SyncMessage): boolean =>
  heads.length + need.length === 0 && have.every(({ lastSync }) => lastSync.length === 0)

/** After a message of a peer that has all that we have, or nothing. @param heads what it has. */
export const heardOf = (
  state: PeerState,
  { have, takesDocuments }: SyncMessage,
  heads: readonly string[],
): PeerState => ({
  ...state,
  theirCapabilities: state.theirCapabilities ?? (takesDocuments ? [TAKES_DOCUMENTS] : []),
  sharedHeads: [...heads],
  lastSentHeads: [...heads],
  theirHeads: [...heads],
  theirNeed: [],
  theirHave: have.map(({ lastSync, bloom }) => ({ lastSync: [...lastSync], bloom })),
  sentHashes: NOTHING,
  inFlight: false,
})

const NOTHING = {} as unknown as SyncState['sentHashes']

/** A peer that takes whole documents lacks all of this one. */
export const lacksAll = ({ theirHeads, theirNeed, theirCapabilities }: PeerState): boolean =>
  theirHeads?.length === 0 && theirNeed?.length === 0 && theirCapabilities?.includes(TAKES_DOCUMENTS) === true

/** The peer has all that we have, and is to know that. */
export const isConfirmed = (
  { theirHeads, theirNeed, sharedHeads, sentHashes }: PeerState,
  heads: readonly string[],
): boolean =>
  theirHeads != null &&
  isAt({ heads: theirHeads, need: theirNeed ?? [] }, heads) &&
  isAt({ heads: sharedHeads, need: [] }, heads) &&
  Object.keys(sentHashes).length === 0

/** What is said then, and what is known after it. @param chunks what the peer lacks. */
export function tell(
  state: PeerState,
  heads: readonly string[],
  chunks: readonly Uint8Array[],
): readonly [PeerState, Uint8Array] {
  const version = state.theirCapabilities?.includes(TAKES_DOCUMENTS) === true ? 2 : 1
  const told = { ...state, lastSentHeads: [...heads], haveResponded: true, inFlight: true }
  return [told, encodeSyncMessage(version, heads, chunks)]
}
