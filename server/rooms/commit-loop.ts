/**
 * The heart of a room (W3, W4, W5): collects commands, plans them against the room's state, commits the plan,
 * and only then answers and publishes. One commit runs at a time; commands that arrive meanwhile share the
 * next one, and readers wait for it, so that nobody sees what is not durable.
 */
import { SluiceError } from '../../shared/errors/error-table.ts'
import type { Plan } from '../plan/plan.ts'
import type { CommitLoopParts } from './commit-loop-parts.ts'

interface Pending<Command, Outcome> {
  readonly command: Command
  /** When it was taken, by the clock of the measures. */
  readonly since: number
  readonly resolve: (outcome: Outcome) => void
  readonly reject: (error: unknown) => void
}

interface Reader<State> {
  readonly look: (state: State) => void
  readonly reject: (error: unknown) => void
}

const BATCH_MAX = 512
/** Of the commands that are planned, committed and told together: the thread is held for so long (W6). */
export const WEIGHT_MAX = 64
const QUEUE_MAX = 65_536
/** Timers are not more exact. */
const WAIT_MS_MIN = 1
const RETRY_MIN_MS = 50
const RETRY_MAX_MS = 2_000
/** A record that other nodes keep changing: how often to plan again before the commands are given back. */
const STALE_ATTEMPTS_MAX = 20

export class CommitLoop<State, Command, Outcome> {
  readonly #parts: CommitLoopParts<State, Command, Outcome>
  #state: State | null = null
  // Emptied, never replaced: an array that waits in a room until somebody writes has grown old by then, and once it was
  // thrown away what had been put into it would stay in memory until the next major collection.
  readonly #queue: Pending<Command, Outcome>[] = []
  readonly #readers: Reader<State>[] = []
  #running: Promise<void> | null = null
  /** When the last commit began, by the clock of the measures. */
  #beganAt = Number.NEGATIVE_INFINITY
  #closed = false

  constructor(parts: CommitLoopParts<State, Command, Outcome>) {
    this.#parts = parts
  }

  /** No commit is running and none waits. */
  get isIdle(): boolean {
    return this.#running === null && this.#queue.length === 0
  }

  /** The state in memory, for measuring; null if it is not loaded. */
  get resident(): State | null {
    return this.#state
  }

  /**
   * Resolves once the command's commit is durable, or once it was refused without one.
   * @throws SluiceError `store_unavailable`, `too_many`, `shutting_down` or `internal`.
   */
  submit(command: Command): Promise<Outcome> {
    if (this.#closed) return Promise.reject(new SluiceError('shutting_down', 'the server is stopping'))
    const { status } = this.#parts.health
    if (status.state === 'failing')
      return Promise.reject(new SluiceError('store_unavailable', 'the store does not accept writes now'))
    if (this.#queue.length >= QUEUE_MAX)
      return Promise.reject(new SluiceError('too_many', `${QUEUE_MAX} writes to this record wait already`))
    return new Promise((resolve, reject) => {
      this.#queue.push({ command, since: this.#parts.measures.clock(), resolve, reject })
      this.#start()
    })
  }

  /** Runs `look` on the durable state: at once if no commit is running, else after it. */
  read<T>(look: (state: State) => T): Promise<T> {
    if (this.#running === null && this.#state !== null) {
      const state = this.#state
      return new Promise((resolve) => resolve(look(state)))
    }
    return new Promise((resolve, reject) => {
      this.#readers.push({ look: (state) => resolve(look(state)), reject })
      this.#start()
    })
  }

  /** Goes on with another state of the same record, once no commit runs; `change` is not called if none is in memory. */
  async amend(change: (state: State) => State): Promise<void> {
    if (this.#state === null && this.#running === null) return
    await this.read((state) => {
      this.#state = change(state)
    })
  }

  /** Drops the state once no commit runs: it is loaded anew. What was submitted meanwhile is planned on that. */
  async reload(): Promise<void> {
    if (this.#state !== null || this.#running !== null) await this.read(() => this.#forget())
  }

  /**
   * Waits for what was submitted, then takes nothing more.
   * @param isHurried nothing is written that is not needed.
   */
  async close(isHurried: () => boolean = () => false): Promise<void> {
    this.#closed = true
    await this.#running
    if (this.#state !== null && !isHurried()) await this.#parts.last?.(this.#state)
    this.#forget()
  }

  #start(): void {
    this.#running ??= this.#run().finally(() => {
      this.#running = null
      if (this.#queue.length > 0 || this.#readers.length > 0) this.#start()
    })
  }

  async #run(): Promise<void> {
    // Everything that arrives in the same turn of the event loop goes into the first commit.
    await null
    while (this.#queue.length > 0 || this.#readers.length > 0) {
      if (this.#readers.length > 0) await this.#admitReaders()
      const waitMs = this.#waitMs()
      if (waitMs >= WAIT_MS_MIN) await this.#parts.sleep(waitMs)
      const batch = this.#nextBatch()
      if (batch.length > 0) await this.#commitOrIsolate(batch)
    }
  }

  /** Until the next commit may begin. */
  #waitMs(): number {
    const { intervalMs, measures } = this.#parts
    if (intervalMs === undefined || this.#closed || this.#queue.length === 0) return 0
    return this.#beganAt + intervalMs() - measures.clock()
  }

  /** As many as weigh no more together than they may, and one at least. */
  #nextBatch(): readonly Pending<Command, Outcome>[] {
    const queue = this.#queue
    const most = Math.min(queue.length, BATCH_MAX)
    let size = Math.min(most, 1)
    for (let weight = size === 1 ? this.#weightAt(0) : 0; size < most; size++) {
      weight += this.#weightAt(size)
      if (weight > WEIGHT_MAX) break
    }
    return queue.splice(0, size)
  }

  #weightAt(index: number): number {
    const pending = this.#queue[index]
    return pending === undefined ? 0 : this.#parts.weigh(pending.command)
  }

  async #admitReaders(): Promise<void> {
    for (const { look, reject } of this.#readers.splice(0)) {
      try {
        look(await this.#load())
      } catch (error) {
        reject(error)
      }
    }
  }

  async #commitOrIsolate(batch: readonly Pending<Command, Outcome>[]): Promise<void> {
    try {
      await this.#commit(batch)
    } catch (error) {
      // After a throw inside a CRDT library the handle is discarded and reloaded (W6).
      this.#forget()
      if (batch.length > 1) for (const one of batch) await this.#commitOrIsolate([one])
      else this.#giveBack(batch, error)
    }
  }

  #giveBack(batch: readonly Pending<Command, Outcome>[], error: unknown): void {
    if (!(error instanceof SluiceError)) this.#parts.warn({ err: error }, 'a command could not be planned')
    const answer =
      error instanceof SluiceError ? error : new SluiceError('internal', 'the change could not be processed')
    for (const _ of batch) this.#parts.measures.refused(this.#parts.lane, answer.code)
    for (const { reject } of batch) reject(answer)
  }

  async #commit(batch: readonly Pending<Command, Outcome>[]): Promise<void> {
    this.#beganAt = this.#parts.measures.clock()
    for (let attempt = 0; attempt < STALE_ATTEMPTS_MAX; attempt++) {
      // Nothing is waited for that is there: a keystroke has few steps besides.
      const state = this.#state ?? (await this.#load())
      const planning = this.#parts.plan(
        state,
        batch.map(({ command }) => command),
      )
      const planned = planning instanceof Promise ? await planning : planning
      const committed = planned.plan === null || (await this.#persist(planned.plan, batch.length))
      if (!committed) {
        if (planned.next !== state) this.#parts.dispose(planned.next, state)
        this.#forget()
        continue
      }
      this.#state = planned.next
      if (planned.plan !== null) this.#parts.publish(planned.plan, planned.next)
      if (planned.next !== state) this.#parts.dispose(state, planned.next)
      this.#answer(batch, planned.outcomes)
      return
    }
    throw new SluiceError('store_unavailable', 'the record is being changed elsewhere, too often')
  }

  #answer(batch: readonly Pending<Command, Outcome>[], outcomes: readonly Outcome[]): void {
    const { lane, measures, refusalsIn } = this.#parts
    const now = measures.clock()
    for (const [index, outcome] of outcomes.entries()) {
      const pending = batch[index]
      if (pending === undefined) continue
      measures.acknowledged(lane, now - pending.since)
      for (const code of refusalsIn(outcome)) measures.refused(lane, code)
      pending.resolve(outcome)
    }
  }

  /** Keeps trying until the plan is durable (W5). @returns false if the record has moved on. */
  async #persist(plan: Plan, commands: number): Promise<boolean> {
    const { health, lane, measures } = this.#parts
    const began = measures.clock()
    for (let wait = RETRY_MIN_MS; ; wait = Math.min(wait * 2, RETRY_MAX_MS)) {
      const result = await this.#parts.commit(plan)
      if (result.status !== 'failed') {
        health.succeeded()
        if (result.status === 'committed') measures.committed(lane, commands, measures.clock() - began)
        return result.status === 'committed'
      }
      health.failed(result.reason, result.fatal)
      this.#parts.warn({ reason: result.reason }, 'the store refused a commit; trying again')
      if (this.#closed) throw new SluiceError('store_unavailable', 'the store does not accept writes now')
      await this.#parts.sleep(wait)
    }
  }

  async #load(): Promise<State> {
    this.#state ??= await this.#parts.load()
    return this.#state
  }

  #forget(): void {
    if (this.#state !== null) this.#parts.dispose(this.#state, null)
    this.#state = null
  }
}
