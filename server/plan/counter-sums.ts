/**
 * What counters show while changes of them wait to be applied to the document: sums, as long as nothing else happens
 * to a counter. That the value which is incremented is the one that shows is not believed, but seen once.
 */
import type { DecodedChange } from '@automerge/automerge'
import { Counter } from '@automerge/automerge'
import type { DecodedOp } from '../gate/known-history.ts'
import { opsOf } from '../gate/known-history.ts'

/**
 * `read`: the value was read from the document. `guessed`: it should have become this by the increment of the value
 * that the operation `of` set. `proven`: the document has shown that it does.
 */
type Sum =
  | { readonly name: 'read'; readonly value: number }
  | { readonly name: 'guessed'; readonly value: number; readonly of: string }
  | { readonly name: 'proven'; readonly value: number; readonly of: string }

export class CounterSums {
  /** By key of the root. */
  readonly #sums = new Map<string, Sum>()

  /**
   * @param look reads the document.
   * @returns the counter's value; undefined for what is no counter.
   */
  read(key: string, look: () => unknown): number | undefined {
    const sum = this.#sums.get(key)
    if (sum !== undefined && sum.name !== 'guessed') return sum.value
    const shown = look()
    const value = shown instanceof Counter ? Number(shown.value) : undefined
    if (value === undefined) this.#sums.delete(key)
    else if (sum !== undefined && sum.value === value) this.#sums.set(key, { ...sum, name: 'proven' })
    else this.#sums.set(key, { name: 'read', value })
    return value
  }

  apply(change: DecodedChange): void {
    for (const op of opsOf(change)) {
      if (op.key === undefined || op.obj !== '_root') continue
      const sum = this.#sums.get(op.key)
      if (sum === undefined) continue
      const next = after(sum, op)
      if (next === null) this.#sums.delete(op.key)
      else this.#sums.set(op.key, next)
    }
  }

  clear(): void {
    this.#sums.clear()
  }
}

/** Null if only the document can tell. */
function after(sum: Sum, { action, pred, value: step }: DecodedOp): Sum | null {
  const [of, ...more] = pred
  if (action !== 'inc' || of === undefined || more.length > 0 || typeof step !== 'number') return null
  const value = sum.value + step
  if (!Number.isSafeInteger(value)) return null
  switch (sum.name) {
    case 'read':
      // An increment by nothing would prove nothing.
      return step === 0 ? null : { name: 'guessed', value, of }
    case 'guessed':
      return null
    case 'proven':
      return sum.of === of ? { name: 'proven', value, of } : null
  }
}
