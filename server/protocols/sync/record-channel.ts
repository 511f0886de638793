/**
 * A record's channel: the whole of what the session may see, after each commit that changes it (K4). A slow reader is
 * told the latest only, and always before a change of his own to the record is answered.
 */
import { SluiceError } from '../../../shared/errors/error-table.ts'
import type { RecordKey } from '../../../shared/record/record-key.ts'
import type { Mark, ServerMessageOf } from '../../../shared/sync/messages.ts'
import type { RecordRoom } from '../../rooms/record-room.ts'
import type { Storage, StoredRecord } from '../../storage/storage.ts'
import type { ChannelPort, SyncChannel } from './channel.ts'
import type { Reader, RecordContent } from './record-view.ts'
import { contentAfter, contentIn, markedSnapshotFor } from './record-view.ts'

export interface RecordChannelParts {
  readonly key: RecordKey
  readonly reader: Reader
  readonly room: RecordRoom
  readonly storage: Pick<Storage, 'readRecord' | 'readConflict'>
  readonly port: ChannelPort
  /** What the client says it knows. */
  readonly known: Mark | null
}

/** How often a congested reader is looked at again. */
const LOOK_AGAIN_MS = 100

export class RecordChannel implements SyncChannel {
  readonly #parts: RecordChannelParts
  readonly #unsubscribe: () => void
  /** Of what the client knows. */
  #mark: Mark | null
  #isAnswered = false
  #isClosed = false
  /** Waits until the reader has caught up. */
  #waiting: ServerMessageOf<'record.state'> | null = null
  #timer: NodeJS.Timeout | null = null

  constructor(parts: RecordChannelParts) {
    this.#parts = parts
    this.#mark = parts.known
    this.#unsubscribe = parts.room.subscribe(
      ({ view }, state) => {
        // Without a view nothing of the record has changed.
        if (view !== null) this.#tell(contentAfter(view, state))
      },
      () =>
        this.#tell({ heads: [], compartments: [], fields: {}, deleted: true, erased: true, conflicts: [] }),
    )
  }

  /** From the store: the document need not be loaded to tell what it shows (S5). */
  async open(): Promise<void> {
    const { storage, key } = this.#parts
    const stored = await storage.readRecord(key)
    const content = stored === null ? null : await this.#contentOf(stored)
    // A commit that came meanwhile has told something newer.
    if (!this.#isAnswered) this.#tell(content)
  }

  receive(): void {
    throw new SluiceError('bad_frame', 'a record channel takes no messages')
  }

  /** Sends what waits. Called before a change to the record is answered. */
  flush(): void {
    const message = this.#waiting
    this.#waiting = null
    if (message !== null) this.#parts.port.send(message, message.record)
  }

  close(): void {
    this.#isClosed = true
    this.#waiting = null
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#unsubscribe()
  }

  async #contentOf(stored: StoredRecord): Promise<RecordContent> {
    const ids = new Set(Object.values(stored.disputed).map(({ conflictId }) => conflictId))
    if (ids.size === 0) return contentIn(stored)
    const { storage, key } = this.#parts
    const conflicts = await Promise.all([...ids].map((id) => storage.readConflict(key.tenant, id)))
    return { ...stored, conflicts: conflicts.flatMap((one) => (one === null ? [] : [one.conflict])) }
  }

  #tell(content: RecordContent | null): void {
    if (this.#isClosed) return
    const { reader, key, port } = this.#parts
    const { record, mark } = markedSnapshotFor(reader, key, content)
    const isFirst = !this.#isAnswered
    this.#isAnswered = true
    if (mark === this.#mark) {
      if (isFirst) port.send({ type: 'same', channel: port.number })
      return
    }
    this.#mark = mark
    this.#waiting = { type: 'record.state', channel: port.number, mark, record }
    if (isFirst || !port.isCongested) return this.flush()
    this.#timer ??= this.#lookAgain()
  }

  #lookAgain(): NodeJS.Timeout {
    return setTimeout(() => {
      this.#timer = null
      if (this.#waiting === null) return
      if (this.#parts.port.isCongested) this.#timer = this.#lookAgain()
      else this.flush()
    }, LOOK_AGAIN_MS).unref()
  }
}
