// One record behind the real planner, as the sync door serves it: it answers changes, each once, and tells snapshots.

import type { KnownRecord } from '../../client/record/record-state.ts'
import type { Conflict } from '../../shared/conflicts/conflict.ts'
import { isOpen } from '../../shared/conflicts/conflict.ts'
import type { SluiceError } from '../../shared/errors/error-table.ts'
import { decodeVersion, encodeVersion } from '../../shared/record/version.ts'
import type {
  ActionResult,
  Change,
  ChangeResult,
  ConflictView,
  RecordSnapshot,
} from '../../shared/sync/messages.ts'
import { originOf, RecordBench } from './record-bench.ts'

export class SyncRecord {
  readonly bench: RecordBench
  readonly #answers = new Map<string, ChangeResult>()
  readonly #id: string
  #commits = 0

  constructor(declared: ConstructorParameters<typeof RecordBench>[0], id = '1') {
    this.bench = new RecordBench(declared)
    this.#id = id
  }

  /** @returns its first answer, if it has been here before. */
  take(author: string, change: Change): ChangeResult {
    const known = this.#answers.get(change.id)
    if (known !== undefined) return known
    const result = this.#carryOut(author, change)
    this.#answers.set(change.id, result)
    return result
  }

  has(id: string): boolean {
    return this.#answers.has(id)
  }

  decide(author: string, conflictId: string, choose: string, seen: readonly string[]): ActionResult {
    this.#commits++
    const origin = originOf(author, this.#commits)
    const decision = { choose }
    const [outcome] = this.bench.run({
      type: 'resolve',
      conflictId,
      decision,
      seen,
      note: null,
      origin,
    }).outcomes
    if (outcome === undefined) throw new Error('no outcome')
    if (!outcome.ok) return refusal(outcome.error)
    if (outcome.conflict === null) throw new Error('no conflict')
    return { status: 'done', conflict: this.#viewOf(outcome.conflict), fields: null }
  }

  told(): KnownRecord {
    const { view, state } = this.bench
    const conflicts = [...state.conflicts.values()].filter(isOpen).map((conflict) => this.#viewOf(conflict))
    const exists = state.version > 0
    const record: RecordSnapshot = {
      status: exists ? (view.deleted ? 'deleted' : 'live') : 'missing',
      version: exists ? encodeVersion({ heads: view.heads, textVersion: 0 }) : null,
      fields: exists ? view.fields : {},
      conflicts,
      readOnly: [],
      mayDelete: true,
    }
    return structuredClone({ mark: `m${this.#commits}`, record })
  }

  #viewOf(conflict: Conflict): ConflictView {
    return { ...conflict, collection: 'things', recordId: this.#id, mayResolve: true }
  }

  #carryOut(author: string, change: Change): ChangeResult {
    this.#commits++
    const { outcomes } = this.bench.run({
      type: 'write',
      intent: change.intent,
      ops: change.ops,
      saw: this.#sawOf(change),
      strict: change.strict,
      origin: { ...originOf(author, this.#commits), metadata: change.metadata, claimedAt: change.claimedAt },
      keep: null,
    })
    const [outcome] = outcomes
    if (outcome === undefined) throw new Error('no outcome')
    if (!outcome.ok) return refusal(outcome.error)
    const fields = Object.entries(outcome.fields).map(
      ([field, { outcome, reason, conflictId, code = null }]) =>
        [field, { outcome, reason, conflictId, code }] as const,
    )
    return { status: 'done', version: this.#pointAfter(author), fields: Object.fromEntries(fields) }
  }

  /** Heads that the author saw: of the version, and of those of his changes that it does not show. */
  #sawOf({ seen, after }: Change): readonly string[] | null {
    if (seen === '*') return null
    const heads = new Set(seen === null ? [] : decodeVersion(seen)?.heads)
    for (const id of after) {
      const answer = this.#answers.get(id)
      if (answer?.status === 'done' && answer.version !== null)
        for (const head of decodeVersion(answer.version)?.heads ?? []) heads.add(head)
    }
    return heads.size === 0 ? null : [...heads]
  }

  /** The author's own change, which the journal has last, but for a settling change. */
  #pointAfter(author: string): string | null {
    const entry = this.bench.journal.findLast(
      ({ kind, origin }) => kind === 'change' && origin.subject === author,
    )
    return entry?.hash == null ? null : encodeVersion({ heads: [entry.hash], textVersion: 0 })
  }
}

const refusal = ({ code, message }: SluiceError): Extract<ChangeResult, { status: 'refused' }> => ({
  status: 'refused',
  code,
  message,
  details: {},
})
