/**
 * A form that a person fills in for a while. What he enters is placed at what he had before him when it was opened, so
 * that a critical value which somebody has changed meanwhile is held, instead of being overwritten unseen (W7).
 */
import type { JsonObject } from '../shared/json.ts'
import { jsonEqual } from '../shared/json.ts'
import { applyOps } from '../shared/policies/apply-op.ts'
import type { Fields } from '../shared/schema/collection.ts'
import type { InferFields } from '../shared/schema/infer-record.ts'
import { ChangeHandle } from './change-handle.ts'
import type { LiveRecord } from './live-record.ts'
import type { Vantage } from './record/record-state.ts'
import { vantageOf } from './record/record-state.ts'
import type { ChangeOptions } from './record-handle.ts'
import { draftOps } from './typed/draft.ts'
import type { Draft } from './typed/draft-types.ts'

export class RecordForm<F extends Fields> {
  readonly #record: LiveRecord
  #opened: JsonObject
  #vantage: Vantage

  /** @internal */
  constructor(record: LiveRecord) {
    this.#record = record
    this.#opened = record.view.fields
    this.#vantage = vantageOf(record.state)
  }

  /** The record as it was when the form was opened, with what was submitted since. */
  get fields(): InferFields<F> {
    return this.#opened as InferFields<F>
  }

  /** Fields that somebody has changed since the form was opened. */
  get changedMeanwhile(): readonly (keyof F & string)[] {
    const now = this.#record.view.fields
    return Object.keys(this.#opened).filter(
      (field) => !jsonEqual(this.#opened[field] ?? null, now[field] ?? null),
    )
  }

  /** The person has looked at what has changed: from now on he writes on top of it. */
  refresh(): void {
    this.#opened = this.#record.view.fields
    this.#vantage = vantageOf(this.#record.state)
  }

  /** Writes as one change, placed where the form was opened. The form goes on from there. */
  submit(
    write: (draft: Draft<F>) => void,
    { metadata = {}, strict = false }: ChangeOptions = {},
  ): ChangeHandle {
    const { collection, view } = this.#record
    const ops = draftOps(collection, this.#opened, write as (draft: object) => void)
    if (ops.length === 0) throw new RangeError('the change changes nothing')
    const intent = view.status === 'live' ? 'update' : 'upsert'
    const { id } = this.#record.make({ ops, intent, metadata, strict, vantage: this.#vantage })
    this.#opened = applyOps(collection, this.#opened, ops)
    this.#vantage = { seen: this.#vantage.seen, after: [id, ...this.#vantage.after] }
    return new ChangeHandle(this.#record, id)
  }
}
