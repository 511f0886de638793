// The connection's port without a socket: records behind the real planner, and a link that a test cuts and mends.
import type {
  Channel,
  ChannelEvent,
  ChannelHolder,
  ChannelKind,
  ConnectionStatus,
  SyncConnection,
} from '../../client/connection/sync-connection.ts'
import { ConnectionLost } from '../../client/connection/sync-connection.ts'
import type { Change, ChangeResult, ConflictAction, ServerMessageOf } from '../../shared/sync/messages.ts'
import type { RecordBench } from './record-bench.ts'
import { SyncRecord } from './sync-record.ts'

export class BenchServer {
  readonly #declared: ConstructorParameters<typeof RecordBench>[0]
  readonly #records = new Map<string, SyncRecord>()
  readonly #connections = new Set<BenchConnection>()
  store = 'store-1'

  constructor(declared: ConstructorParameters<typeof RecordBench>[0]) {
    this.#declared = declared
  }

  connection(subject: string): BenchConnection {
    const connection = new BenchConnection(this, subject)
    this.#connections.add(connection)
    return connection
  }

  record(id: string): SyncRecord {
    const record = this.#records.get(id) ?? new SyncRecord(this.#declared, id)
    this.#records.set(id, record)
    return record
  }

  /** Whoever has the record open is told what a commit has made of it. */
  tell(id: string): void {
    for (const connection of this.#connections) connection.hear(id)
  }
}

interface Waiting {
  readonly change: Change
  readonly resolve: (result: ChangeResult) => void
}

export class BenchConnection implements SyncConnection {
  readonly #server: BenchServer
  readonly #subject: string
  readonly #listeners = new Set<(status: ConnectionStatus) => void>()
  readonly #channels = new Map<ChannelHolder<'record'>, string>()
  #changes: Waiting[] = []
  #status: ConnectionStatus = { name: 'idle' }
  /** Carries out what is sent, and loses the answer. */
  losesAnswers = false

  constructor(server: BenchServer, subject: string) {
    this.#server = server
    this.#subject = subject
  }

  get status(): ConnectionStatus {
    return this.#status
  }

  onStatus(listener: (status: ConnectionStatus) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  start(): void {
    this.#become({ name: 'online', welcome: this.#welcome() })
    if (this.#status.name !== 'online') return
    for (const holder of this.#channels.keys()) this.#open(holder)
    void this.#sendAll()
  }

  stop(): void {
    this.#leave({ name: 'idle' })
  }

  /** The network goes. */
  cut(): void {
    this.#leave({ name: 'offline', reason: 'cut', retryAt: 0 })
  }

  open<Kind extends ChannelKind>(holder: ChannelHolder<Kind>): Channel {
    const record = holder as unknown as ChannelHolder<'record'>
    this.#channels.set(record, record.opening().recordId)
    if (this.#status.name === 'online') this.#open(record)
    return { send: () => false, close: () => void this.#channels.delete(record) }
  }

  submit(change: Change): Promise<ChangeResult> {
    return new Promise((resolve) => {
      this.#changes.push({ change: structuredClone(change), resolve })
      void this.#sendAll()
    })
  }

  async act(conflictId: string, action: ConflictAction): ReturnType<SyncConnection['act']> {
    await turn()
    if (this.#status.name !== 'online') throw new ConnectionLost('cut')
    if (action.type !== 'choose') throw new Error('the bench knows choices alone')
    const id = [...this.#channels.values()].find((one) =>
      this.#server
        .record(one)
        .told()
        .record.conflicts.some((conflict) => conflict.id === conflictId),
    )
    if (id === undefined) return { status: 'refused', code: 'not_open', message: 'decided', details: {} }
    const result = this.#server.record(id).decide(this.#subject, conflictId, action.side, action.seen)
    if (this.losesAnswers) this.cut()
    else this.#server.tell(id)
    if (this.losesAnswers) throw new ConnectionLost('cut')
    return result
  }

  hear(id: string): void {
    if (this.#status.name !== 'online') return
    for (const [holder, one] of this.#channels)
      if (one === id) holder.receive({ type: 'record.state', channel: 1, ...this.#server.record(id).told() })
  }

  /** The app is gone, and hears nothing any more. */
  forgetAll(): void {
    this.#listeners.clear()
    this.#channels.clear()
    this.#changes = []
    this.#status = { name: 'idle' }
  }

  #open(holder: ChannelHolder<'record'>): void {
    const { recordId, known } = holder.opening()
    const told = this.#server.record(recordId).told()
    const event: ChannelEvent =
      told.mark === known ? { type: 'same', channel: 1 } : { type: 'record.state', channel: 1, ...told }
    queueMicrotask(() => {
      if (this.#status.name === 'online' && this.#channels.has(holder)) holder.receive(event)
    })
  }

  async #sendAll(): Promise<void> {
    await turn()
    for (const waiting of [...this.#changes]) {
      if (this.#status.name !== 'online') return
      const { change, resolve } = waiting
      const isNew = !this.#server.record(change.recordId).has(change.id)
      const result = this.#server.record(change.recordId).take(this.#subject, change)
      if (this.losesAnswers) return this.cut()
      if (isNew) this.#server.tell(change.recordId)
      this.#changes = this.#changes.filter((one) => one !== waiting)
      resolve(result)
      await turn()
    }
  }

  #leave(status: ConnectionStatus): void {
    this.#become(status)
    for (const holder of this.#channels.keys()) holder.lost?.()
  }

  #become(status: ConnectionStatus): void {
    this.#status = status
    for (const listener of [...this.#listeners]) listener(status)
  }

  #welcome(): ServerMessageOf<'welcome'> {
    return {
      type: 'welcome',
      subject: this.#subject,
      tenant: 'default',
      expiresInMs: null,
      store: this.#server.store,
      ...{ inFlight: 10, frameBytes: 1_000_000, rows: 100 },
    }
  }
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
