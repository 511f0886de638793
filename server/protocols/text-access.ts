/**
 * What one session may do with a record's text (A7). All texts of a record are one document on the wire, so it is
 * for those who may read every one of them, and edited by those who may write every one.
 */
import { SluiceError } from '../../shared/errors/error-table.ts'
import type { JsonObject } from '../../shared/json.ts'
import { dependsOnRecord } from '../../shared/schema/access.ts'
import type { CollectionSpec } from '../../shared/schema/schema.ts'
import type { Asked, Authorizer } from '../auth/authorizer.ts'
import { fieldProblem } from '../plan/check-permission.ts'
import { viewOf } from '../plan/view-of.ts'
import type { RecordRoom } from '../rooms/record-room.ts'
import type { Session } from './session.ts'

export class TextAccess {
  readonly #session: Session
  readonly #collection: CollectionSpec
  readonly #authorizer: Authorizer
  #record: JsonObject | null = null
  #unsubscribe: (() => void) | null = null

  constructor(session: Session, collection: CollectionSpec, authorizer: Authorizer) {
    this.#session = session
    this.#collection = collection
    this.#authorizer = authorizer
  }

  /** Follows the record's fields, where a rule wants to know them. @param onDenied the session may no longer read. */
  follow(room: RecordRoom, onDenied: (denial: SluiceError) => void): void {
    if (!dependsOnRecord(this.#collection.access)) return
    this.#unsubscribe = room.subscribe(
      (_plan, state) => {
        this.learn(viewOf(state).fields)
        const denial = this.readDenial
        if (denial !== null) onDenied(denial)
        // The text's room tells of an erasure.
      },
      () => undefined,
    )
  }

  learn(record: JsonObject | null): void {
    this.#record = record
  }

  forget(): void {
    this.#unsubscribe?.()
    this.#unsubscribe = null
  }

  /** Why the session may not read; null if it may. A record that it may not read is told like one that does not exist. */
  get readDenial(): SluiceError | null {
    const asked = this.#asked
    if (!this.#authorizer.mayRead(asked)) return noRecord()
    const field = this.#authorizer.unreadable(asked, this.#collection.texts)
    if (field === null) return null
    return new SluiceError('forbidden', `${field}: you may not read this field`, { field })
  }

  get writeDenial(): SluiceError | null {
    const field = this.#authorizer.unwritable(this.#asked, this.#collection.texts)
    return field === null ? null : fieldProblem(field)
  }

  /** At the record as it is now. */
  get #asked(): Asked {
    return { actor: this.#session.actor, collection: this.#collection, record: this.#record }
  }
}

export const noRecord = (): SluiceError => new SluiceError('not_found', 'there is no such record')
