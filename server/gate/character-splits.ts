/**
 * Yjs cuts an item wherever a struct says that it was written, even a struct that it has and drops. A cut inside
 * of a character (a surrogate pair) replaces both halves for good, and since nothing was added, nobody is told:
 * the server's text alone would change. So a struct that the document has may name such a place only if the
 * update also brings what has cut it.
 */
import * as Y from 'yjs'
import type { DocumentDraft } from './document-draft.ts'
import type { DeleteRange, StructId, WireStruct } from './update-decoder.ts'
import { endOf } from './update-decoder.ts'

export class CharacterSplits {
  readonly #draft: DocumentDraft
  /** The second halves of characters that structs of the document are told to stand inside of. */
  readonly #told: StructId[] = []

  constructor(draft: DocumentDraft) {
    this.#draft = draft
  }

  /** Notes where a struct that the document has is told to stand. */
  tell({ origin, rightOrigin }: WireStruct): void {
    for (const id of [origin === null ? null : after(origin), rightOrigin])
      if (id !== null && this.#isInsideCharacter(id)) this.#told.push(id)
  }

  /** Whether a character would be split that nothing new in the update splits. */
  isUnfounded(deletes: readonly DeleteRange[]): boolean {
    if (this.#told.length === 0) return false
    const made = new Set<string>()
    for (const runs of this.#draft.runs.values())
      for (const { origin, rightOrigin } of runs) {
        if (origin !== null) made.add(nameOf(after(origin)))
        if (rightOrigin !== null) made.add(nameOf(rightOrigin))
      }
    for (const range of deletes) {
      made.add(nameOf(range))
      made.add(nameOf({ client: range.client, clock: endOf(range) }))
    }
    return this.#told.some((id) => !made.has(nameOf(id)))
  }

  #isInsideCharacter({ client, clock }: StructId): boolean {
    if (clock === 0) return false
    const { item } = this.#draft.find({ client, clock: clock - 1 })
    if (item === null || !(item.content instanceof Y.ContentString)) return false
    const offset = clock - item.id.clock
    return offset < item.length && isHighSurrogate(item.content.str.charCodeAt(offset - 1))
  }
}

const after = ({ client, clock }: StructId): StructId => ({ client, clock: clock + 1 })

const nameOf = ({ client, clock }: StructId): string => `${client}:${clock}`

const isHighSurrogate = (code: number): boolean => code >= 0xd800 && code <= 0xdbff
