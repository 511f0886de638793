/** What `…/inspection`, `…/graph` and `…/history` of a record answer, as /openapi.json tells it. */
import type { FieldOutcome } from '../../../../shared/record/field-change.ts'

export interface DocumentSize {
  readonly bytes: number
  readonly content: number
  readonly history: number
  /** Null where they are packed with the history. */
  readonly tombstones: number | null
  readonly gone: number
}

interface Stored {
  readonly entries: number
  readonly journalBytes: number
  readonly snapshotBytes: number | null
  readonly size: DocumentSize | null
  readonly clocksLeftOut: number
}

export interface InspectedDocument extends Stored {
  /** `fields`, or `fields:` and a compartment. */
  readonly document: string
  readonly automergeUrl: string
  readonly heads: readonly string[]
  readonly changes: number
  readonly clocks: readonly {
    readonly actor: string
    readonly subject: string | null
    readonly seq: number
  }[]
}

export interface InspectedText extends Stored {
  readonly fields: readonly string[]
  readonly version: number
  readonly projectedVersion: number
  readonly clocks: readonly {
    readonly client: number
    readonly subject: string | null
    readonly clock: number
  }[]
}

export interface RoomSession {
  readonly session: string
  readonly subject: string
  readonly device: string | null
  readonly door: string
  readonly since: string
  readonly lanes: readonly ('fields' | 'text')[]
}

export interface OpenConflict {
  readonly id: string
  readonly state: string
  readonly kind: string
  readonly fields: readonly string[]
  readonly openedAt: string
  readonly assignee: string | null
}

export interface Inspection {
  readonly version: string
  readonly deleted: boolean
  readonly updatedAt: string
  readonly documents: readonly InspectedDocument[]
  readonly text: InspectedText | null
  readonly sessions: readonly RoomSession[]
  readonly conflicts: readonly OpenConflict[]
}

export interface FieldVerdict {
  readonly field: string
  readonly outcome: FieldOutcome
  readonly reason: string | null
  readonly code: string | null
  readonly conflictId: string | null
}

/** A change, with those that it builds on. */
export interface CausalChange {
  readonly hash: string
  readonly version: string
  readonly builds: readonly string[]
  readonly isHead: boolean
  readonly kind: 'genesis' | 'change' | 'settle' | 'resolution' | 'undo'
  readonly actor: string
  readonly seq: number
  readonly operations: number
  readonly author: string
  readonly door: string
  readonly device: string | null
  readonly receivedAt: string
  readonly outcomes: readonly FieldVerdict[]
  readonly conflicts: readonly string[]
}

export interface HistoryLine extends FieldVerdict {
  readonly position: number
  readonly operation: string
  readonly author: string
  readonly door: string
  readonly receivedAt: string
}

export interface PageOf<Item> {
  readonly items: readonly Item[]
  readonly next: string | null
}
