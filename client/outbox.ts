/**
 * Sends the changes of all records in the order in which they were made. While those of a record are under way its next
 * ones wait, and may become one; other records do not wait for it.
 */
import type { SyncConnection } from './connection/sync-connection.ts'
import type { LiveRecord } from './live-record.ts'
import type { QueuedChange } from './record/queued-change.ts'
import { sendable } from './record/record-state.ts'

interface Ready {
  readonly record: LiveRecord
  readonly queued: QueuedChange
}

export class Outbox {
  readonly #connection: SyncConnection
  readonly #records: () => Iterable<LiveRecord>
  /** Changes that the connection has, and sends again after every reconnect. */
  readonly #submitted = new Set<string>()
  #isPumping = false

  constructor(connection: SyncConnection, records: () => Iterable<LiveRecord>) {
    this.#connection = connection
    this.#records = records
  }

  /** Sends what is ready. Offline nothing is: what waits may still become less. */
  pump(): void {
    const { status } = this.#connection
    if (status.name !== 'online' || this.#isPumping) return
    this.#isPumping = true
    const room = Math.max(1, status.welcome.inFlight - 1) - this.#submitted.size
    for (const [record, queued] of byRecord(this.#ready().slice(0, Math.max(0, room))))
      this.#send(record, queued)
    this.#isPumping = false
  }

  #ready(): readonly Ready[] {
    const ready: Ready[] = []
    for (const record of this.#records()) {
      // What an earlier session has sent is sent again as it was, and before all else.
      const again = record.state.queue.filter(
        ({ phase, change }) => phase === 'sent' && !this.#submitted.has(change.id),
      )
      for (const queued of again.length > 0 ? again : sendable(record.state)) ready.push({ record, queued })
    }
    return ready.sort((a, b) => a.queued.order - b.queued.order)
  }

  #send(record: LiveRecord, changes: readonly QueuedChange[]): void {
    for (const { change } of changes) this.#submitted.add(change.id)
    const { saved } = record
    record.sent(changes)
    const release = record.hold()
    const all = changes.map(async ({ change }) => {
      // What is stored under its id has to be what is sent: another version of it would be taken for a forgery.
      await saved
      const result = await this.#connection.submit(change)
      this.#submitted.delete(change.id)
      record.answered(change.id, result)
      this.pump()
    })
    void Promise.all(all).then(() => onceShown(record, release))
  }
}

/** In the order of each record's first change. */
function byRecord(ready: readonly Ready[]): ReadonlyMap<LiveRecord, readonly QueuedChange[]> {
  const records = new Map<LiveRecord, QueuedChange[]>()
  for (const { record, queued } of ready) {
    const changes = records.get(record) ?? []
    changes.push(queued)
    records.set(record, changes)
  }
  return records
}

/** An answer may come before the channel has told anything: then the record is kept open until it has. */
function onceShown(record: LiveRecord, release: () => void): void {
  const isShown = (): boolean => record.state.queue.every(({ phase }) => phase !== 'answered')
  if (isShown()) return release()
  const stop = record.listen(() => {
    if (!isShown()) return
    stop()
    release()
  })
}
