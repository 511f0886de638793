/** A list as the server has told it: a page, and what has changed in it since. Pure. */
import type { Cursor, Mark } from '../../shared/sync/messages.ts'

/** @template Extra what is told beside the items. */
export interface KnownList<Item, Extra = null> {
  readonly mark: Mark
  readonly items: readonly Item[]
  /** Behind the last item; null if the list ends there. */
  readonly next: Cursor | null
  readonly extra: Extra
}

export interface ListChange<Item, Extra = null>
  extends Pick<KnownList<Item, Extra>, 'mark' | 'next' | 'extra'> {
  readonly changed: readonly Item[]
  /** All, in order; null: as before. */
  readonly ids: readonly string[] | null
}

/**
 * What is not told anew stays the same object.
 * @returns null if the change builds on a list that is not known: it has to be asked for whole.
 */
export function withChange<Item extends { readonly id: string }, Extra>(
  known: KnownList<Item, Extra>,
  { changed, ids, ...rest }: ListChange<Item, Extra>,
): KnownList<Item, Extra> | null {
  const byId = new Map([...known.items, ...changed].map((item) => [item.id, item]))
  const items: Item[] = []
  for (const id of ids ?? known.items.map((item) => item.id)) {
    const item = byId.get(id)
    if (item === undefined) return null
    items.push(item)
  }
  return { ...rest, items }
}
