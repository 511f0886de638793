/** What its author holds of one change: where it stands, and promises for what he may want to wait for. */
import type { FieldAnswer, Refusal } from '../shared/sync/messages.ts'
import type { LiveRecord } from './live-record.ts'
import type { ChangeStatus } from './record/change-status.ts'
import { statusAfter } from './record/change-status.ts'

export interface ChangeOutcome {
  readonly id: string
  readonly status: Exclude<ChangeStatus, 'pending'>
  /** What became of each field that it writes; empty if it was refused whole. */
  readonly fields: Readonly<Record<string, FieldAnswer>>
  /** Why nothing of it was written. */
  readonly refusal: Refusal | null
}

export class ChangeHandle {
  readonly id: string
  /** Resolves when the server has answered, however long that takes. It never rejects. */
  readonly settled: Promise<ChangeOutcome>
  /** Resolves when the change is as safe on this device as the store can make it. */
  readonly saved: Promise<void>
  #status: ChangeStatus = 'pending'

  /** @internal */
  constructor(record: LiveRecord, id: string) {
    this.id = id
    this.saved = record.saved
    this.settled = new Promise((resolve) => {
      record.onAnswer(id, (result) => {
        this.#status = statusAfter('pending', { type: 'answered', result })
        const status = this.#status as ChangeOutcome['status']
        resolve(
          result.status === 'refused'
            ? { id, status, fields: {}, refusal: result }
            : { id, status, fields: result.fields, refusal: null },
        )
      })
    })
  }

  /** What the server answered first. A held change that is decided later is told by its record. */
  get status(): ChangeStatus {
    return this.#status
  }
}
