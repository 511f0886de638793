/** A collection as an app asks it. */
import type { Fields } from '../../shared/schema/collection.ts'
import type { CollectionSpec } from '../../shared/schema/schema.ts'
import type { QueryOptions, QueryParts } from './query-handle.ts'
import { QueryHandle } from './query-handle.ts'

export class CollectionHandle<F extends Fields> {
  readonly name: string
  readonly #spec: CollectionSpec
  readonly #parts: QueryParts

  /** @internal */
  constructor(spec: CollectionSpec, parts: QueryParts) {
    this.name = spec.name
    this.#spec = spec
    this.#parts = parts
  }

  /**
   * A live list of the records that match. Close it when it is not shown.
   * @throws SluiceError `bad_request` for a field that cannot be asked by, or a value that it cannot have.
   */
  query(options: QueryOptions<F> = {}): QueryHandle<F> {
    return new QueryHandle<F>(this.#spec, options, this.#parts)
  }
}
