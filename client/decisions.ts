/**
 * Decisions about conflicts, offline too: they wait in the store, and are checked when they arrive. An action is not
 * repeated blindly, since others may have acted meanwhile: one whose answer was lost is sent again only if the record
 * still shows its conflict open. The server refuses a decision that has not seen every side.
 */
import type { ActionResult, ConflictAction, ConflictView } from '../shared/sync/messages.ts'
import type { SyncConnection } from './connection/sync-connection.ts'
import { ConnectionLost } from './connection/sync-connection.ts'
import type { LiveRecord } from './live-record.ts'
import type { ClientStore, StoredEntry } from './store/client-store.ts'

/**
 * `unknown`: the connection went before the answer, and the conflict is no longer open. Somebody has decided it, perhaps
 * this person; the record shows what is in force.
 */
export type DecisionStatus = 'pending' | 'done' | 'refused' | 'unknown'

export interface Decision {
  readonly id: string
  readonly collection: string
  readonly recordId: string
  readonly conflictId: string
  readonly action: ConflictAction
  readonly order: number
  /** Sent at least once. */
  readonly wasSent: boolean
}

export interface DecisionOutcome {
  readonly status: Exclude<DecisionStatus, 'pending'>
  readonly result: ActionResult | null
}

export interface DecisionParts {
  readonly connection: SyncConnection
  readonly store: ClientStore
  readonly recordOf: (collection: string, id: string) => LiveRecord | null
  /** Something was added or settled. */
  readonly onChange: () => void
}

/** Where decisions wait: here, or in the tab that has the connection. */
export interface DecisionLine {
  readonly waiting: readonly Decision[]
  add(decision: Decision): Promise<DecisionOutcome>
  send(): Promise<void>
}

export class Decisions implements DecisionLine {
  readonly #parts: DecisionParts
  #waiting: readonly Decision[]
  #isSending = false
  readonly #resolve = new Map<string, (outcome: DecisionOutcome) => void>()

  constructor(stored: readonly StoredEntry[], parts: DecisionParts) {
    this.#parts = parts
    this.#waiting = stored.map(({ value }) => value as unknown as Decision)
  }

  /** Those that the server has not answered, oldest first. */
  get waiting(): readonly Decision[] {
    return this.#waiting
  }

  /** Resolves when it is settled, however long that takes. One that waits already is not added again. */
  add(decision: Decision): Promise<DecisionOutcome> {
    if (this.#waiting.every(({ id }) => id !== decision.id)) {
      this.#waiting = [...this.#waiting, decision]
      this.#put(decision)
      void this.send()
      this.#parts.onChange()
    }
    return new Promise((resolve) => this.#resolve.set(decision.id, resolve))
  }

  /** Sends what waits, one after the other. */
  async send(): Promise<void> {
    if (this.#isSending) return
    this.#isSending = true
    try {
      for (const decision of this.#waiting) {
        if (this.#parts.connection.status.name !== 'online') return
        await this.#sendOne(decision)
      }
    } catch (error) {
      // The connection has gone; what was sent is looked into at the next one.
      if (!(error instanceof ConnectionLost)) throw error
    } finally {
      this.#isSending = false
    }
  }

  async #sendOne(decision: Decision): Promise<void> {
    const record = this.#parts.recordOf(decision.collection, decision.recordId)
    const release = record?.hold()
    try {
      if (decision.wasSent && record !== null && !(await isStillOpen(record, decision.conflictId)))
        return this.#settle(decision, { status: 'unknown', result: null })
      this.#put({ ...decision, wasSent: true })
      const result = await this.#parts.connection.act(decision.conflictId, decision.action)
      this.#settle(decision, { status: result.status === 'done' ? 'done' : 'refused', result })
    } finally {
      release?.()
    }
  }

  #put(decision: Decision): void {
    this.#waiting = this.#waiting.map((one) => (one.id === decision.id ? decision : one))
    const value = JSON.parse(JSON.stringify(decision))
    void this.#parts.store.write([{ type: 'put', kind: 'action', key: keyOf(decision), value }])
  }

  #settle(decision: Decision, outcome: DecisionOutcome): void {
    this.#waiting = this.#waiting.filter(({ id }) => id !== decision.id)
    void this.#parts.store.write([{ type: 'delete', kind: 'action', key: keyOf(decision) }])
    this.#resolve.get(decision.id)?.(outcome)
    this.#resolve.delete(decision.id)
    this.#parts.onChange()
  }
}

/** Waits until the server has told what there is. @throws ConnectionLost */
function isStillOpen(record: LiveRecord, conflictId: string): Promise<boolean> {
  const isOpen = (): boolean => record.view.conflicts.some(({ id }: ConflictView) => id === conflictId)
  if (record.state.isCurrent) return Promise.resolve(isOpen())
  return new Promise((resolve) => {
    const stop = record.listen(() => {
      if (!record.state.isCurrent) return
      stop()
      resolve(isOpen())
    })
  })
}

const keyOf = ({ order, id }: Decision): string => `${String(order).padStart(12, '0')} ${id}`
