/**
 * What a client knows of records beside a query: those that are open, or have changes under way. It remembers them until
 * the query has told what became of them, so that an own change is not taken back for a moment when it is confirmed.
 */
import { standingSides } from '../../shared/conflicts/conflict.ts'
import type { RecordRow } from '../../shared/sync/messages.ts'
import type { LiveRecord } from '../live-record.ts'
import type { RecordState } from '../record/record-state.ts'
import type { RecordView } from '../record/record-view.ts'
import type { LocalRow, ShownRow } from './own-rows.ts'

interface Kept {
  readonly local: LocalRow
  readonly state: RecordState
  /** Beside which it was looked at; undefined: the query did not tell it. */
  readonly told: RecordRow | undefined
}

export class LocalRows {
  readonly #records: () => Iterable<LiveRecord>
  readonly #kept = new Map<string, Kept>()

  constructor(records: () => Iterable<LiveRecord>) {
    this.#records = records
  }

  /**
   * @param isWhole the query has told its rows whole: what is remembered of others is old.
   * @returns the same objects for what has not changed.
   */
  look(told: ReadonlyMap<string, RecordRow>, isWhole: boolean): readonly LocalRow[] {
    const active = new Set<string>()
    for (const record of this.#records()) {
      const { id, state } = record
      if (state.queue.length === 0 && !state.isCurrent) continue
      active.add(id)
      this.#remember(record, told.get(id))
    }
    for (const [id, { told: before }] of this.#kept)
      if (!active.has(id) && (isWhole || told.get(id) !== before)) this.#kept.delete(id)
    return [...this.#kept.values()].map(({ local }) => local)
  }

  #remember(record: LiveRecord, told: RecordRow | undefined): void {
    const { id, state } = record
    const before = this.#kept.get(id)
    if (before?.state === state && before.told === told) return
    const view = viewBeside(record, told)
    if (view === null) this.#kept.delete(id)
    else this.#kept.set(id, { local: { id, row: shownRow(record, view, told) }, state, told })
  }
}

/** Of a record that was never opened, what the query has told is what there is. */
function viewBeside(record: LiveRecord, told: RecordRow | undefined): RecordView | null {
  if (record.state.known !== null || told === undefined)
    return record.view.status === 'unknown' ? null : record.view
  const { version, fields } = told
  return record.viewOn({ status: 'live', version, fields, conflicts: [], readOnly: [], mayDelete: true })
}

const shownRow = (
  { id, state }: LiveRecord,
  view: RecordView,
  told: RecordRow | undefined,
): ShownRow | null =>
  view.status !== 'live'
    ? null
    : {
        id,
        fields: view.fields,
        version: view.version,
        disputed: state.known === null ? (told?.disputed ?? {}) : disputedOf(view),
        staged: view.staged,
        createdAt: told?.createdAt ?? null,
        updatedAt: told?.updatedAt ?? null,
      }

const disputedOf = ({ disputed }: RecordView): RecordRow['disputed'] =>
  Object.fromEntries(
    Object.entries(disputed).map(([field, conflict]) => {
      const challengers = standingSides(conflict).length - 1 - conflict.alongside.length
      return [field, { conflictId: conflict.id, challengers }]
    }),
  )
