/** Fills a page with what its reader may see, reading on past what he may not (A3). */
import type { Page } from '../../storage/storage.ts'

export interface PageRequest {
  readonly cursor: string | null
  readonly limit: number
}

/** Rows looked at for one page; beyond it the page is answered as it is, and goes on with the next. */
const ROWS_MAX = 2_000
const CHUNK_MAX = 200

/**
 * @param read one page as it is stored.
 * @param show what is told of an item; null if nothing.
 */
export async function visiblePage<Item, Shown>(
  { cursor, limit }: PageRequest,
  read: (request: PageRequest) => Promise<Page<Item>>,
  show: (item: Item) => Promise<Shown | null> | Shown | null,
): Promise<Page<Shown>> {
  const shown: Shown[] = []
  let at = cursor
  let chunk = limit
  for (let rows = 0; rows < ROWS_MAX; ) {
    const page = await read({ cursor: at, limit: chunk })
    for (const [index, item] of page.items.entries()) {
      const told = show(item)
      // Most are told at once: to wait for each would cost a list more than to read it.
      const one = told instanceof Promise ? await told : told
      if (one === null) continue
      shown.push(one)
      if (shown.length < limit) continue
      const isLast = index === page.items.length - 1
      // A cursor names the row that it follows: it must be the one that was told last, and no hidden one.
      const next = isLast ? page.next : (await read({ cursor: at, limit: index + 1 })).next
      return { items: shown, next }
    }
    if (page.next === null) return { items: shown, next: null }
    at = page.next
    rows += page.items.length
    chunk = CHUNK_MAX
  }
  return { items: shown, next: at }
}
