/** The live holder of a record's text: one for all sessions that edit it. */
import * as Y from 'yjs'
import type { RecordKey } from '../../shared/record/record-key.ts'
import type { CollectionSpec } from '../../shared/schema/schema.ts'
import { writeUpdate } from '../../shared/wire/y-protocol.ts'
import type { AwarenessEntry } from '../gate/awareness-gate.ts'
import type { Plan } from '../plan/plan.ts'
import type { TextCommand, TextOutcome, TextState } from '../plan/plan-text.ts'
import { planText } from '../plan/plan-text.ts'
import type { StoredLane } from '../storage/storage.ts'
import { CommitLoop } from './commit-loop.ts'
import type { PresenceOwner } from './presence.ts'
import { Presence } from './presence.ts'
import type { RoomContext } from './room-context.ts'

/** A session in the room, as the room sees it. */
export interface TextPeer extends PresenceOwner {
  /** One frame per commit, holding everything that the commit carried; also for those who wrote it. */
  onUpdate(frame: Uint8Array): void
  onPresence(entries: readonly AwarenessEntry[]): void
}

export class TextRoom {
  readonly key: RecordKey
  readonly #presence = new Presence()
  readonly #peers = new Set<TextPeer>()
  readonly #loop: CommitLoop<TextState, TextCommand, TextOutcome>
  readonly #onTouch: () => void

  constructor(
    key: RecordKey,
    collection: CollectionSpec,
    context: RoomContext,
    hooks: { readonly onTouch: () => void; readonly onCommit: (key: RecordKey) => void },
  ) {
    this.key = key
    this.#onTouch = hooks.onTouch
    this.#loop = new CommitLoop({
      load: async () => openText(key, await context.storage.load(key, 'text')),
      plan: (state, commands) =>
        planText(state, commands, {
          at: context.now(),
          limits: context.yjsLimits,
          texts: collection.texts,
          presentAs: (client) => this.#presence.subjectOf(client),
        }),
      commit: (plan) => context.storage.commit(plan),
      publish: (plan) => {
        this.#publish(plan)
        hooks.onCommit(key)
      },
      dispose: (state) => state.doc.destroy(),
      health: context.health,
      sleep: context.sleep,
      warn: (details, message) => context.log.warn({ ...details, room: key }, message),
    })
  }

  join(peer: TextPeer): void {
    this.#onTouch()
    this.#peers.add(peer)
  }

  leave(peer: TextPeer): void {
    if (!this.#peers.delete(peer)) return
    this.#tell(this.#presence.leave(peer.session))
  }

  /** Resolves once the update is durable. @throws SluiceError; see `CommitLoop.submit`. */
  submit(command: TextCommand): Promise<TextOutcome> {
    this.#onTouch()
    return this.#loop.submit(command)
  }

  stateVector(): Promise<Uint8Array> {
    return this.#loop.read(({ doc }) => Y.encodeStateVector(doc))
  }

  /** What a reader with this state vector lacks. */
  updateSince(stateVector: Uint8Array): Promise<Uint8Array> {
    return this.#loop.read(({ doc }) => Y.encodeStateAsUpdate(doc, stateVector))
  }

  announce(peer: TextPeer, entries: readonly AwarenessEntry[]): void {
    this.#tell(this.#presence.announce(peer, entries))
  }

  get present(): readonly AwarenessEntry[] {
    return this.#presence.entries
  }

  get isEvictable(): boolean {
    return this.#peers.size === 0 && this.#loop.isIdle
  }

  /** Roughly what the room holds in memory: a Y.Doc takes several times its bytes. */
  get residentBytes(): number {
    const state = this.#loop.resident
    return state === null ? ROOM_BYTES : ROOM_BYTES + state.bytes * MEMORY_PER_BYTE
  }

  close(): Promise<void> {
    return this.#loop.close()
  }

  #publish(plan: Plan): void {
    const updates = plan.journal.map(({ bytes }) => bytes)
    const [only] = updates
    const update = updates.length === 1 && only !== undefined ? only : Y.mergeUpdates(updates)
    // Encoded once, and the same bytes for everybody.
    const frame = writeUpdate(update)
    for (const peer of this.#peers) peer.onUpdate(frame)
  }

  #tell(entries: readonly AwarenessEntry[]): void {
    if (entries.length > 0) for (const peer of this.#peers) peer.onPresence(entries)
  }
}

const ROOM_BYTES = 4_096
const MEMORY_PER_BYTE = 8

/** Replays snapshot and tail into a document, in one transaction. */
function openText(key: RecordKey, stored: StoredLane): TextState {
  const doc = new Y.Doc()
  const updates = [
    ...(stored.snapshot === null ? [] : [stored.snapshot.bytes]),
    ...stored.tail.map(({ bytes }) => bytes),
  ]
  doc.transact(() => {
    for (const update of updates) Y.applyUpdate(doc, update)
  })
  const bytes = updates.reduce((sum, update) => sum + update.byteLength, 0)
  return { key, version: stored.version, doc, bindings: stored.bindings, bytes }
}
