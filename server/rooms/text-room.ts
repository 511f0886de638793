/** The live holder of a record's text: one for all sessions that edit it. */
import * as Y from 'yjs'
import type { RecordKey } from '../../shared/record/record-key.ts'
import type { CollectionSpec } from '../../shared/schema/schema.ts'
import type { AwarenessEntry } from '../gate/awareness-gate.ts'
import type { Plan } from '../plan/plan.ts'
import type { PlannedText, TextCommand, TextOutcome, TextPlanContext, TextState } from '../plan/plan-text.ts'
import { planText } from '../plan/plan-text.ts'
import { erasedText } from '../plan/text-planning.ts'
import type { TextNews } from '../projection/text-news.ts'
import { commitIntervalMs } from './commit-interval.ts'
import { CommitLoop, WEIGHT_MAX } from './commit-loop.ts'
import type { Planned } from './commit-loop-parts.ts'
import { OpenText } from './open-text.ts'
import type { PresenceOwner } from './presence.ts'
import { Presence } from './presence.ts'
import type { PresenceListener } from './presence-news.ts'
import { PresenceNews } from './presence-news.ts'
import type { RoomContext } from './room-context.ts'

/** A session in the room, as the room sees it. */
export interface TextPeer extends PresenceOwner, PresenceListener {
  /**
   * Once per commit, with everything that it carried; also for those who wrote it.
   * @param update stays as it is: the same bytes for all, so that they are framed once.
   */
  onUpdate(update: Uint8Array): void
  /** What the text shows, with all that the peer was told before; see `contentDigest`. Left out where a protocol cannot say it. */
  onContent?(digest: number): void
  /** The text has been erased; the room knows the peer no more. */
  onErased(): void
}

export class TextRoom {
  readonly key: RecordKey
  readonly #presence = new Presence()
  #presenceNews: PresenceNews | null = null
  readonly #peers = new Set<TextPeer>()
  readonly #loop: CommitLoop<OpenText, TextCommand, TextOutcome>
  readonly #context: RoomContext
  readonly #texts: readonly string[]
  readonly #onTouch: () => void

  constructor(
    key: RecordKey,
    collection: CollectionSpec,
    context: RoomContext,
    hooks: { readonly onTouch: () => void; readonly onCommit: (key: RecordKey, news: TextNews) => void },
  ) {
    this.key = key
    this.#context = context
    this.#texts = collection.texts
    this.#onTouch = hooks.onTouch
    this.#loop = new CommitLoop({
      load: async () => new OpenText(key, await context.storage.loadText(key), context),
      plan: (open, commands) => this.#plan(open, commands),
      weigh: ({ update }) => (update.byteLength * WEIGHT_MAX) / COMMIT_BYTES_MAX,
      intervalMs: () => commitIntervalMs(this.#peers.size),
      commit: (plan) => context.storage.commit(plan),
      publish: (plan, open) => {
        this.#onTouch()
        open.bytes.append(plan.journal.map(({ bytes }) => bytes))
        hooks.onCommit(key, newsOf(plan, this.#publish(plan)))
      },
      dispose: (open) => open.destroy(),
      lane: 'text',
      refusalsIn: (outcome) => (outcome.status === 'refused' ? [outcome.error.code] : []),
      measures: context.measures,
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
    this.#news.add(this.#presence.leave(peer.session), peer.session)
  }

  /** Resolves once the update is durable. @throws SluiceError; see `CommitLoop.submit`. */
  submit(command: TextCommand): Promise<TextOutcome> {
    return this.#loop.submit(command)
  }

  /** Whether an update is plainly no write. False if that takes more than a look. */
  holds(update: Uint8Array): boolean {
    return this.#loop.resident?.holds(update, this.#context.yjsLimits) ?? false
  }

  async stateVector(): Promise<Uint8Array> {
    return (await this.#open()).bytes.stateVector()
  }

  /**
   * What a reader with this state vector lacks: Yjs client id → the first clock that he has not seen. The same bytes for
   * all who ask the same before the text changes; they stay as they are.
   * @throws SluiceError `erased` if he still has something of an epoch that was erased (E5).
   */
  async updateSince(clocks: ReadonlyMap<number, number>): Promise<Uint8Array> {
    const open = await this.#open()
    if (open.isErasedFor(clocks)) throw erasedText()
    return open.bytes.since(clocks)
  }

  /** The text was read as it is at a version: who has been told just that can compare (K15). */
  shown({ version, digest }: { readonly version: number; readonly digest: number }): void {
    if (this.#loop.resident?.version !== version) return
    for (const peer of this.#peers) peer.onContent?.(digest)
  }

  /** Forgets the history that was erased, and who was present, and sends everybody away (E5). */
  async erased(): Promise<void> {
    await this.#loop.reload()
    const peers = [...this.#peers]
    for (const peer of peers) this.leave(peer)
    for (const peer of peers) peer.onErased()
  }

  announce(peer: TextPeer, entries: readonly AwarenessEntry[]): void {
    this.#news.add(this.#presence.announce(peer, entries), peer.session)
  }

  get present(): readonly AwarenessEntry[] {
    return this.#presence.entries
  }

  get isEvictable(): boolean {
    return this.#peers.size === 0 && this.#loop.isIdle
  }

  /** Roughly what the room holds in memory: a Y.Doc takes several times its bytes, and answers are kept as frames. */
  get residentBytes(): number {
    const open = this.#loop.resident
    if (open === null) return ROOM_BYTES
    return ROOM_BYTES + open.bytes.byteLength * COPIES + (open.resident?.bytes ?? 0) * MEMORY_PER_BYTE
  }

  close(): Promise<void> {
    return this.#loop.close()
  }

  get #news(): PresenceNews {
    const { sleep, measures } = this.#context
    this.#presenceNews ??= new PresenceNews({ listeners: this.#peers, clock: measures.clock, sleep })
    return this.#presenceNews
  }

  /** What is committed, also while the next commit runs: its bytes are taken in when it is durable. */
  async #open(): Promise<OpenText> {
    return this.#loop.resident ?? (await this.#loop.read((open) => open))
  }

  #plan(
    open: OpenText,
    commands: readonly TextCommand[],
  ): Planned<OpenText, TextOutcome> | Promise<Planned<OpenText, TextOutcome>> {
    const state = open.resident
    return state !== null && open.bytes.isRead
      ? this.#planOn(state, open, commands)
      : this.#planFirst(open, commands)
  }

  /** Asks for the document only if something is new to the text. */
  async #planFirst(
    open: OpenText,
    commands: readonly TextCommand[],
  ): Promise<Planned<OpenText, TextOutcome>> {
    await open.bytes.ready
    const isNews = commands.some(({ update }) => !open.holds(update, this.#context.yjsLimits))
    if (!isNews) return { plan: null, next: open, outcomes: commands.map(() => APPLIED) }
    return this.#planOn(await open.state(), open, commands)
  }

  #planOn(
    state: TextState,
    open: OpenText,
    commands: readonly TextCommand[],
  ): Planned<OpenText, TextOutcome> | Promise<Planned<OpenText, TextOutcome>> {
    const news = commands.filter(({ update }) => !open.holds(update, this.#context.yjsLimits))
    if (news.length === 0) return { plan: null, next: open, outcomes: commands.map(() => APPLIED) }
    const planned = planText(state, news, this.#planContext(open))
    const moved = ({ plan, next, outcomes }: PlannedText): Planned<OpenText, TextOutcome> => {
      open.moveTo(next)
      if (news.length === commands.length) return { plan, next: open, outcomes }
      const told = new Map(news.map((command, index) => [command, outcomes[index]]))
      return { plan, next: open, outcomes: commands.map((one) => told.get(one) ?? APPLIED) }
    }
    return planned instanceof Promise ? planned.then(moved) : moved(planned)
  }

  #planContext(open: OpenText): TextPlanContext {
    const { now, yjsLimits: limits, trials, turns } = this.#context
    return {
      at: now(),
      limits,
      texts: this.#texts,
      presentAs: (client) => this.#presence.subjectOf(client),
      tryText: async (update, accepted) => {
        const stored = [await open.bytes.whole(), ...accepted]
        return trials.text({ kind: 'text', stored, update, roots: this.#texts, limits })
      },
      inTurn: turns.run,
    }
  }

  /** @returns what was told. */
  #publish(plan: Plan): readonly Uint8Array[] {
    const updates = plan.journal.map(({ bytes }) => bytes)
    const bytes = updates.reduce((sum, { byteLength }) => sum + byteLength, 0)
    // Merging reads all of them.
    const told = updates.length === 1 || bytes > MERGE_BYTES_MAX ? updates : [Y.mergeUpdates(updates)]
    for (const update of told) {
      // A view of its own: what its readers make of it goes when they have it, and the update may be kept for longer.
      const shared = update.subarray()
      for (const peer of this.#peers) peer.onUpdate(shared)
    }
    return told
  }
}

const newsOf = ({ expectedVersion, journal, at }: Plan, updates: readonly Uint8Array[]): TextNews => ({
  after: expectedVersion,
  version: expectedVersion + journal.length,
  updates,
  entries: journal.length,
  receivedAt: journal.at(-1)?.origin.receivedAt ?? at,
})
const ROOM_BYTES = 4_096
const MEMORY_PER_BYTE = 8
/** Of a text that newcomers were told: its bytes, the message and the frame. */
const COPIES = 3
/**
 * What one commit carries, but for an update that is larger: its peers are told all of it at once, and have read nothing
 * in between. Were it as much as may wait for a slow reader, everybody would be closed for one.
 */
const COMMIT_BYTES_MAX = 1024 * 1024
/** What one commit may carry to be told in one frame. */
const MERGE_BYTES_MAX = 64 * 1024
const APPLIED: TextOutcome = { status: 'applied' }
