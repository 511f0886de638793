/** One tab, as the leading tab serves it: its channels on the one connection, and what it was told last. */

import type { Collections } from '../../shared/schema/config.ts'
import type {
  Change,
  ChangeResult,
  ClientMessage,
  ClientMessageOf,
  ServerMessage,
} from '../../shared/sync/messages.ts'
import type {
  ChannelKind,
  ChannelRequest,
  ConnectionStatus,
  Opening,
  SyncConnection,
} from '../connection/sync-connection.ts'
import type { LiveRecord } from '../live-record.ts'
import type { RecordState } from '../record/record-state.ts'
import type { SluiceClient } from '../sluice-client.ts'
import type { Shared, ToTab } from './tab-messages.ts'

interface OpenChannel {
  readonly send: (request: ChannelRequest) => void
  readonly close: () => void
  /** Of a record's channel; null for any other. */
  readonly record: LiveRecord | null
  /** Of the record, when the channel was opened: it is no answer to this. */
  readonly oldRefusal: LiveRecord['refusal']
}

export class ServedTab {
  /** Whether it wants a connection. */
  isWanting = false
  readonly #send: (message: ToTab) => void
  /** It hears of everything at once, and not only when it is stored. */
  readonly #isLeading: boolean
  readonly #client: SluiceClient<Collections>
  readonly #connection: SyncConnection
  /** By the number that the tab has given. */
  readonly #channels = new Map<number, OpenChannel>()
  readonly #states = new Map<LiveRecord, RecordState>()
  #status: ConnectionStatus = { name: 'idle' }
  #line: Promise<unknown> = Promise.resolve()

  constructor(
    client: SluiceClient<Collections>,
    connection: SyncConnection,
    { send, isLeading }: { readonly send: (message: ToTab) => void; readonly isLeading: boolean },
  ) {
    this.#client = client
    this.#connection = connection
    this.#send = send
    this.#isLeading = isLeading
  }

  /** @param saved another tab is not told before: what it builds on has to outlive this one. */
  post(message: ToTab, saved: Promise<unknown> = Promise.resolve()): void {
    if (this.#isLeading) return this.#send(message)
    this.#line = Promise.all([this.#line, saved]).then(() => this.#send(message))
  }

  join(records: readonly LiveRecord[], shared: Omit<Shared, 'records'>): void {
    for (const record of records) this.#states.set(record, record.state)
    const states = records.map((record) => [record.name, record.state] as const)
    const saved = Promise.all(records.map((record) => record.saved))
    this.post({ type: 'joined', shared: { ...shared, records: states } }, saved)
  }

  /** Its channels end with a connection: it opens them again with the next one. */
  tellStatus(status: ConnectionStatus): void {
    if (this.#status === status) return
    if (this.#status.name === 'online') this.close()
    this.#status = status
    this.post({ type: 'status', status })
  }

  /** Says what is told of a record now, however often it has changed meanwhile. */
  tellRecord(record: LiveRecord): void {
    if (this.#states.get(record) !== record.state) this.#tellState(record)
    this.#tellRefusal(record)
  }

  /** What it would say to the server. */
  hear(message: ClientMessage): void {
    switch (message.type) {
      case 'record.open':
        return this.#openRecord(message)
      case 'text.open':
      case 'presence.open':
      case 'query.open':
      case 'inbox.open':
        return this.#open(message)
      case 'close':
        this.#channels.get(message.channel)?.close()
        this.#channels.delete(message.channel)
        return
      case 'text.update':
      case 'presence':
      case 'list.more':
        return this.#channels.get(message.channel)?.send(message)
      case 'change':
        return this.#answer(message.change)
      case 'act':
        return this.#act(message)
      case 'hello':
      case 'token':
      case 'ping':
    }
  }

  close(): void {
    const open = [...this.#channels.values()]
    this.#channels.clear()
    for (const { close } of open) close()
  }

  #down(message: ServerMessage): void {
    this.post({ type: 'down', message })
  }

  #open(message: { readonly channel: number } & Opening<Exclude<ChannelKind, 'record'>>): void {
    const { channel, ...opening } = message
    const open = this.#connection.open({
      opening: () => opening,
      receive: (event) => {
        if (event.type === 'closed') this.#channels.delete(channel)
        this.#down({ ...event, channel })
      },
    })
    this.#channels.set(channel, { ...open, record: null, oldRefusal: null })
  }

  /** A record is open once for all tabs. Its state is told, and not the messages that made it. */
  #openRecord({ channel, collection, recordId }: ClientMessageOf<'record.open'>): void {
    const record = this.#client.live(collection, recordId)
    if (record === null) return
    const oldRefusal = record.refusal
    const release = record.hold()
    this.#channels.set(channel, { send: () => {}, close: release, record, oldRefusal })
    this.#tellState(record)
  }

  #tellState(record: LiveRecord): void {
    const { name, state, saved } = record
    this.#states.set(record, state)
    this.post({ type: 'record', name, state }, saved)
  }

  #tellRefusal(record: LiveRecord): void {
    const { refusal } = record
    if (refusal === null) return
    for (const [channel, open] of [...this.#channels]) {
      if (open.record !== record || open.oldRefusal === refusal) continue
      this.#channels.delete(channel)
      open.close()
      this.#down({ type: 'closed', channel, ...refusal })
    }
  }

  /** The queue sends it; a change that is not in it any more was answered, and is answered again the same. */
  #answer(change: Change): void {
    const { id, collection, recordId } = change
    const answer = (result: ChangeResult): void => this.#down({ type: 'changed', id, result })
    const record = this.#client.live(collection, recordId)
    const queued = record?.state.queue.find((one) => one.change.id === id)
    if (queued?.phase === 'answered') answer(queued.result)
    else if (queued !== undefined) record?.onAnswer(id, answer)
    else void this.#connection.submit(change).then(answer)
  }

  /** If the connection goes before the answer, its end says so. */
  #act({ request, conflictId, action }: ClientMessageOf<'act'>): void {
    void this.#connection.act(conflictId, action).then(
      (result) => this.#down({ type: 'acted', request, result }),
      () => {},
    )
  }
}
