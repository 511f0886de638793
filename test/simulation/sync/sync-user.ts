// Somebody with two records: one that only he writes, and one that all write. He makes changes whether he is connected or
// not, each on what he sees and on his own changes before it.
import { createConnection } from '../../../client/connection/connection.ts'
import type { SyncConnection } from '../../../client/connection/sync-connection.ts'
import type { FieldOp } from '../../../shared/record/field-op.ts'
import type { Change, ChangeResult, RecordSnapshot } from '../../../shared/sync/messages.ts'
import type { SeededRandom } from '../../support/seeded-random.ts'
import type { Wire } from '../faults/wire.ts'
import { SimulatedSocket } from './simulated-socket.ts'

const TIMES = {
  patienceMs: 800,
  pingAfterMs: 500,
  settledAfterMs: 1_000,
  renewBeforeMs: 0,
  renewAgainMs: 100,
}

/** One record as the user has it. */
export class Held {
  readonly id: string
  snapshot: RecordSnapshot | null = null
  mark: string | null = null
  /** Ids of his changes that were not answered, oldest first. */
  unanswered: string[] = []
  readonly results = new Map<string, ChangeResult>()
  /** What he wrote last. */
  dose: string | null = null
  stock = 0
  /** States that told him of less than what he had been answered. */
  readonly lapses: string[] = []
  stockAnswered = 0

  constructor(id: string) {
    this.id = id
  }
}

export class SyncUser {
  readonly name: string
  readonly own: Held
  readonly shared: Held
  readonly connection: SyncConnection
  readonly sockets: SimulatedSocket[] = []
  #timers: { readonly at: number; readonly run: () => void }[] = []
  readonly #time: () => number
  opened = 0
  sames = 0

  constructor(name: string, shared: string, time: () => number, random: SeededRandom, newWire: () => Wire) {
    this.name = name
    this.#time = time
    this.own = new Held(`own-${name}`)
    this.shared = new Held(shared)
    const open = (socket: SimulatedSocket): void => {
      this.sockets.push(socket)
      this.opened += 1
    }
    class Socket extends SimulatedSocket {
      constructor() {
        super(newWire())
        open(this)
      }
    }
    this.connection = createConnection({
      url: 'ws://simulated/sync',
      token: async () => {
        if (random.chance(0.1)) throw new Error('the identity provider does not answer')
        return 'token'
      },
      device: name,
      WebSocket: Socket,
      now: time,
      after: (ms, run) => this.#after(ms, run),
      random: () => random.next(),
      times: TIMES,
    })
    for (const held of [this.own, this.shared]) this.#open(held)
    this.connection.start()
  }

  get held(): readonly Held[] {
    return [this.own, this.shared]
  }

  /** Rings what is due. */
  ring(): void {
    const due = this.#timers.filter(({ at }) => at <= this.#time())
    this.#timers = this.#timers.filter(({ at }) => at > this.#time())
    for (const { run } of due) run()
  }

  edit(random: SeededRandom, id: string): void {
    const held = random.pick(this.held)
    const isIncrement = random.chance(0.5)
    if (isIncrement) held.stock += 1
    else held.dose = id
    const op: FieldOp = isIncrement
      ? { type: 'increment', field: 'stock', amount: 1 }
      : { type: 'set', field: 'dose', value: id }
    this.#submit(held, op, id)
  }

  #submit(held: Held, op: FieldOp, id: string): void {
    const change: Change = {
      id,
      collection: 'things',
      recordId: held.id,
      intent: 'upsert',
      ops: [op],
      seen: held.snapshot?.version ?? null,
      after: held.unanswered.toReversed().slice(0, 64),
      metadata: {},
      claimedAt: null,
      strict: false,
    }
    held.unanswered.push(id)
    void this.connection.submit(change).then((result) => {
      held.results.set(id, result)
      held.unanswered = held.unanswered.filter((one) => one !== id)
      if (op.type === 'increment') held.stockAnswered += 1
      const shown = Number(held.snapshot?.fields.stock ?? 0)
      if (shown < held.stockAnswered)
        held.lapses.push(`${id}: shown ${shown}, answered ${held.stockAnswered}`)
    })
  }

  #open(held: Held): void {
    this.connection.open<'record'>({
      opening: () => ({ type: 'record.open', collection: 'things', recordId: held.id, known: held.mark }),
      receive: (event) => {
        if (event.type === 'same') this.sames += 1
        if (event.type !== 'record.state') return
        held.snapshot = event.record
        held.mark = event.mark
      },
    })
  }

  #after(ms: number, run: () => void): () => void {
    const timer = { at: this.#time() + ms, run }
    this.#timers.push(timer)
    return () => {
      this.#timers = this.#timers.filter((one) => one !== timer)
    }
  }
}
