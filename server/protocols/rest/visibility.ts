/**
 * What of a tenant's records the caller of one request may see (A1, A3): every answer of the REST door is looked at
 * through this. It reads a record only where a rule wants to know it.
 */
import type { Conflict, Side } from '../../../shared/conflicts/conflict.ts'
import { isDeadLetter } from '../../../shared/conflicts/dead-letter.ts'
import { SluiceError } from '../../../shared/errors/error-table.ts'
import type { JsonObject } from '../../../shared/json.ts'
import { isJsonObject } from '../../../shared/json.ts'
import type { RecordKey } from '../../../shared/record/record-key.ts'
import { keyString } from '../../../shared/record/record-key.ts'
import { DELETED_KEY } from '../../../shared/record/reserved-keys.ts'
import type { AccessActor } from '../../../shared/schema/access.ts'
import { dependsOnRecord } from '../../../shared/schema/access.ts'
import type { CollectionSpec } from '../../../shared/schema/schema.ts'
import type { Asked, Permission } from '../../auth/authorizer.ts'
import type { StoredFieldChange } from '../../storage/change-log.ts'
import type { ConflictGroup, StoredConflict, StoredRecord } from '../../storage/storage.ts'
import type { RestContext, RestParts } from './rest-context.ts'

type Parts = Pick<RestParts, 'authorizer' | 'schema' | 'storage'>

/** Whether a field may be seen. */
export type Sight = (field: string) => boolean

/** Of a reader from whom nothing is kept. */
export const seesAll: Sight = () => true

export class Visibility {
  readonly #parts: Parts
  readonly #actor: AccessActor
  /** By name of the record, for the rules that want to know it. */
  readonly #records = new Map<string, JsonObject | null>()

  constructor(parts: Parts, actor: AccessActor) {
    this.#parts = parts
    this.#actor = actor
  }

  /** @throws SluiceError `forbidden` if the caller may read none of its records, whatever they hold (A3). */
  checkCollection(collection: CollectionSpec): void {
    if (!this.#parts.authorizer.mayReadSome(this.#actor, collection))
      throw new SluiceError('forbidden', `${collection.name}: you may not read this collection`)
  }

  /**
   * Whether all records may be asked for by this field: otherwise the answer would tell what it holds (A3).
   * @throws SluiceError `forbidden`
   */
  checkFilter(collection: CollectionSpec, fields: Iterable<string>): void {
    for (const field of fields)
      if (!this.#parts.authorizer.mayFilter(this.#actor, collection, field))
        throw new SluiceError('forbidden', `${field}: you may not read this field, nor filter by it`, {
          field,
        })
  }

  /** Whether nothing of the tenant's is kept from the caller. */
  get isWhole(): boolean {
    return this.#parts.authorizer.mayReadUndeclared(this.#actor, this.#parts.schema)
  }

  /** @returns what may be seen of the record; null if nothing. */
  sightOf(collection: CollectionSpec, stored: Pick<StoredRecord, 'fields' | 'erased'>): Sight | null {
    // Of an erased record there is nothing left that a function could be asked about (A4).
    const isAsked = !stored.erased && dependsOnRecord(collection.access)
    const asked: Asked = { actor: this.#actor, collection, record: isAsked ? stored.fields : null }
    if (!this.#parts.authorizer.mayRead(asked)) return null
    if (this.#parts.authorizer.mayReadAll(asked)) return seesAll
    return (field) => this.#parts.authorizer.mayReadField(asked, field)
  }

  async seesChange({ key, field }: Pick<StoredFieldChange, 'key' | 'field'>): Promise<boolean> {
    return this.#seesAll(key, [field])
  }

  /** @returns the conflict without values that the caller may not see; null if he may not see it at all. */
  async seenConflict(stored: StoredConflict): Promise<StoredConflict | null> {
    const { conflict, key } = stored
    if (!(await this.#seesAll(key, conflict.fields))) return null
    if (!conflict.fields.includes(DELETED_KEY) || isDeadLetter(conflict)) return stored
    const collection = this.#parts.schema.get(key.collection)
    if (collection === undefined || collection.access.fields.size === 0) return stored
    const asked = await this.#askedOf(key, collection)
    return {
      key,
      conflict: withoutUnseen(conflict, (field) => this.#parts.authorizer.mayReadField(asked, field)),
    }
  }

  /** Whether every conflict about these fields may be seen, where no rule of the collection asks the record. */
  async seesConflicts({
    collection,
    fields,
  }: Pick<ConflictGroup, 'collection' | 'fields'>): Promise<boolean> {
    return this.#seesAll({ tenant: '', collection, id: '' }, fields)
  }

  async mayResolve({ conflict, key }: StoredConflict): Promise<Permission> {
    const collection = this.#parts.schema.get(key.collection)
    const asked = collection === undefined ? null : await this.#askedOf(key, collection)
    return this.#parts.authorizer.mayResolve(asked, conflict)
  }

  async #askedOf(key: RecordKey, collection: CollectionSpec): Promise<Asked> {
    const record = dependsOnRecord(collection.access) ? await this.#recordAt(key) : null
    return { actor: this.#actor, collection, record }
  }

  async #seesAll(key: RecordKey, fields: readonly string[]): Promise<boolean> {
    const { authorizer, schema } = this.#parts
    const collection = schema.get(key.collection)
    if (collection === undefined) return authorizer.mayReadUndeclared(this.#actor, schema)
    const asked = await this.#askedOf(key, collection)
    return authorizer.mayRead(asked) && authorizer.unreadable(asked, fields) === null
  }

  async #recordAt(key: RecordKey): Promise<JsonObject | null> {
    const name = keyString(key)
    const known = this.#records.get(name)
    if (known !== undefined) return known
    const fields = (await this.#parts.storage.readFields(key))?.fields ?? null
    this.#records.set(name, fields)
    return fields
  }
}

export const visibilityFor = (c: RestContext, parts: Parts): Visibility =>
  new Visibility(parts, c.get('actor'))

/** The conflict of a delete with an update, without the values that its reader may not see. */
export const withoutUnseen = (conflict: Conflict, sees: Sight): Conflict => ({
  ...conflict,
  incumbent: narrowed(conflict.incumbent, sees),
  alongside: conflict.alongside.map((side) => narrowed(side, sees)),
  challengers: conflict.challengers.map((side) => narrowed(side, sees)),
})

/** Beside a delete, a side is an object of all fields that its author wrote. */
const narrowed = (side: Side, sees: Sight): Side =>
  side.operation === 'update' && isJsonObject(side.value)
    ? { ...side, value: Object.fromEntries(Object.entries(side.value).filter(([field]) => sees(field))) }
    : side
