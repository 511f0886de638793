/**
 * What stood in a draft's document at earlier points of its history, such as the base of a conflict. What was there stays so,
 * whatever comes, so a point is worked out once for a draft.
 */
import { sameHeads } from './library-document.ts'
import type { LiveValues } from './live-values.ts'
import { ELSEWHERE, ROOT } from './live-values.ts'
import { atOnce } from './plan-steps.ts'
import type { RecordDraft } from './record-draft.ts'
import { valuesAt } from './values-at.ts'

/** Changes that may have come since for a point to be worked out; it takes some 10 µs for each. */
const NEAR_CHANGES = 200

export class EarlierPoints {
  readonly #draft: RecordDraft
  /** By heads; null where the library has to be asked. */
  readonly #points = new Map<string, LiveValues | null>()

  constructor(draft: RecordDraft) {
    this.#draft = draft
  }

  /** What stood under a key of the root, as the library hands it out; undefined if nothing did. */
  valueAt(heads: readonly string[], key: string): unknown {
    const { doc } = this.#draft
    const values = sameHeads(heads, doc.heads) ? null : this.#valuesAt(heads)
    const value = values === null ? ELSEWHERE : values.value(ROOT, key)
    return value === ELSEWHERE ? doc.valueAt(heads, key) : value
  }

  #valuesAt(heads: readonly string[]): LiveValues | null {
    const name = heads.join()
    const known = this.#points.get(name)
    if (known !== undefined) return known
    const values = this.#draft.doc.pastAt(heads) ?? atOnce(valuesAt(this.#draft, heads, NEAR_CHANGES))
    this.#points.set(name, values)
    return values
  }
}
