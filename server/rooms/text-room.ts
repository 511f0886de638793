/** The live holder of a record's text: one for all sessions that edit it. */
import * as Y from 'yjs'
import { SluiceError } from '../../shared/errors/error-table.ts'
import type { RecordKey } from '../../shared/record/record-key.ts'
import { documentIdOf } from '../../shared/record/record-key.ts'
import type { CollectionSpec } from '../../shared/schema/schema.ts'
import { writeUpdate } from '../../shared/wire/y-protocol.ts'
import type { AwarenessEntry } from '../gate/awareness-gate.ts'
import { defaultYjsLimits } from '../gate/yjs-limits.ts'
import { chainStart } from '../plan/journal-chain.ts'
import type { Plan } from '../plan/plan.ts'
import type { TextCommand, TextOutcome, TextState } from '../plan/plan-text.ts'
import { planText } from '../plan/plan-text.ts'
import type { StoredLane } from '../storage/storage.ts'
import { CommitLoop } from './commit-loop.ts'
import type { PresenceOwner } from './presence.ts'
import { Presence } from './presence.ts'
import type { RoomContext } from './room-context.ts'
import type { Trials } from './trials.ts'

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
      load: async () => openText(key, await context.storage.load(key, 'text'), context.trials),
      plan: (state, commands) =>
        planText(state, commands, {
          at: context.now(),
          limits: context.yjsLimits,
          texts: collection.texts,
          presentAs: (client) => this.#presence.subjectOf(client),
          tryText: async (update, accepted) => {
            const stored = storedUpdates(await context.storage.load(key, 'text'))
            return context.trials.text({
              kind: 'text',
              stored: [...stored, ...accepted],
              update,
              roots: collection.texts,
              limits: context.yjsLimits,
            })
          },
          applySlices: (doc, slices) => applySlices(doc, slices, context.trials.pause),
        }),
      commit: (plan) => context.storage.commit(plan),
      publish: (plan) => {
        this.#onTouch()
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
    const bytes = updates.reduce((sum, { byteLength }) => sum + byteLength, 0)
    // Merging reads all of them.
    const told = updates.length === 1 || bytes > MERGE_BYTES_MAX ? updates : [Y.mergeUpdates(updates)]
    // Encoded once, and the same bytes for everybody.
    for (const frame of told.map(writeUpdate)) for (const peer of this.#peers) peer.onUpdate(frame)
  }

  #tell(entries: readonly AwarenessEntry[]): void {
    if (entries.length > 0) for (const peer of this.#peers) peer.onPresence(entries)
  }
}

const ROOM_BYTES = 4_096
const MEMORY_PER_BYTE = 8
/** What one commit may carry to be told in one frame. */
const MERGE_BYTES_MAX = 64 * 1024
/** How long the room works on a document before it lets others have their turn. */
const TURN_MS = 4
/** A stored update of which Yjs may have more to do than one turn's work. */
const LARGE_BYTES_MIN = 16 * 1024

const storedUpdates = ({ snapshot, tail }: StoredLane): readonly Uint8Array[] => [
  ...(snapshot === null ? [] : [snapshot.bytes]),
  ...tail.map(({ bytes }) => bytes),
]

/** Replays snapshot and tail into a document; of what is large, a thread makes pieces first. */
async function openText(key: RecordKey, stored: StoredLane, trials: Trials): Promise<TextState> {
  const doc = new Y.Doc()
  const updates = storedUpdates(stored)
  const bytes = updates.reduce((sum, update) => sum + update.byteLength, 0)
  if (bytes >= LARGE_BYTES_MIN) await applySlices(doc, await slicesOf(updates, trials), trials.pause)
  else
    doc.transact(() => {
      for (const update of updates) Y.applyUpdate(doc, update)
    })
  const documentId = documentIdOf(key)
  const chain = stored.chain ?? chainStart(documentId, 'text')
  return { key, documentId, version: stored.version, chain, doc, bindings: stored.bindings, bytes }
}

/** The server's own updates, which were vetted when they came in. They are never refused: at worst they take long. */
async function slicesOf(updates: readonly Uint8Array[], trials: Trials): Promise<readonly Uint8Array[]> {
  try {
    const whole = {
      kind: 'text',
      stored: updates,
      update: null,
      roots: [],
      limits: defaultYjsLimits,
    } as const
    return (await trials.text(whole)).slices
  } catch (error) {
    if (error instanceof SluiceError) return updates
    throw error
  }
}

async function applySlices(
  doc: Y.Doc,
  slices: readonly Uint8Array[],
  pause: () => Promise<void>,
): Promise<void> {
  let turnEndsAt = performance.now() + TURN_MS
  for (const slice of slices) {
    Y.applyUpdate(doc, slice)
    if (performance.now() < turnEndsAt) continue
    await pause()
    turnEndsAt = performance.now() + TURN_MS
  }
}
