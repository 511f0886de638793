/**
 * Answers about records and lists as they were sent. One is given again to whoever asks for the same with the same roles in
 * the same tenant, as long as the store's mark of what it tells stands: so never once a write has been answered, nor while
 * one is under way. What a rule says of the record at hand (A4) is asked each time, so answers about such collections are
 * not kept.
 */
import { dependsOnRecord } from '../../../shared/schema/access.ts'
import type { CollectionSpec } from '../../../shared/schema/schema.ts'
import type { Actor } from '../../auth/actor.ts'
import { BoundedMap } from '../../bounded-map.ts'
import type { RecordScope, Storage } from '../../storage/storage.ts'
import type { Headers } from './responses.ts'
import { emptyResponse, entityTagOf, isUnchanged, textResponse, withCommon } from './responses.ts'

/** What is answered, as it goes over the wire. */
export interface ReadAnswer {
  /** JSON, encoded once: to send a string, it would be encoded each time. */
  readonly body: Uint8Array<ArrayBuffer>
  /** Null for a list, which has none. */
  readonly version: string | null
  /** With the length of the body, in bytes. */
  readonly headers: Headers
  readonly headersUnchanged: Headers
}

interface Kept {
  readonly scope: RecordScope
  readonly mark: number
  readonly answer: ReadAnswer
}

export interface KeptReadsParts {
  readonly storage: Pick<Storage, 'markOf'>
  /** Of all answers together. */
  readonly bytesMax: number
}

type Reader = Pick<Actor, 'tenant' | 'roles'>

/** What an entry takes beside its texts. */
const ENTRY_BYTES = 1_024
const BYTES_PER_CHARACTER = 2

export class KeptReads {
  readonly #storage: Pick<Storage, 'markOf'>
  readonly #kept: BoundedMap<string, Kept>

  constructor({ storage, bytesMax }: KeptReadsParts) {
    this.#storage = storage
    this.#kept = new BoundedMap(bytesMax)
  }

  /** @param target path and query, as they were sent. */
  find(reader: Reader, target: string): ReadAnswer | null {
    const name = nameOf(reader, target)
    const kept = this.#kept.find(name)
    if (kept === undefined) return null
    if (kept.mark === this.#storage.markOf(kept.scope)) return kept.answer
    this.#kept.drop(name)
    return null
  }

  /**
   * To be called before the store is read: what is read then is kept under what the mark was before.
   * @returns what makes the answer, and keeps it.
   */
  begin(
    { actor, target }: { readonly actor: Reader; readonly target: string },
    collection: CollectionSpec,
    scope: RecordScope,
  ): (json: string, version: string | null) => ReadAnswer {
    const mark = dependsOnRecord(collection.access) ? null : this.#storage.markOf(scope)
    return (json, version) => {
      const answer = answerOf(json, version)
      if (mark !== null) {
        const name = nameOf(actor, target)
        const bytes = ENTRY_BYTES + name.length * BYTES_PER_CHARACTER + answer.body.byteLength
        this.#kept.keep(name, { scope, mark, answer }, bytes)
      }
      return answer
    }
  }
}

const nameOf = ({ tenant, roles }: Reader, target: string): string =>
  `${JSON.stringify(tenant)}${JSON.stringify(roles)}${target}`

const encoder = new TextEncoder()

function answerOf(json: string, version: string | null): ReadAnswer {
  const tag = version === null ? {} : { ETag: entityTagOf(version) }
  const body = encoder.encode(json)
  const length = String(body.byteLength)
  return {
    body,
    version,
    headers: withCommon({ 'Content-Type': 'application/json', 'Content-Length': length, ...tag }),
    headersUnchanged: withCommon(tag),
  }
}

/** Whether the reader has it already. */
export const isKnown = ({ version }: ReadAnswer, ifNoneMatch: string | undefined): boolean =>
  version !== null && ifNoneMatch !== undefined && isUnchanged(ifNoneMatch, version)

export const readResponse = (answer: ReadAnswer, ifNoneMatch: string | undefined): Response =>
  isKnown(answer, ifNoneMatch)
    ? emptyResponse(304, answer.headersUnchanged)
    : textResponse(answer.body, answer.headers)
