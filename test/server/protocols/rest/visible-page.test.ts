// A3: pages of what a reader may see, and cursors that name no row that he may not.
import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { PageRequest } from '../../../../server/protocols/rest/visible-page.ts'
import { visiblePage } from '../../../../server/protocols/rest/visible-page.ts'

/** Rows are numbers from 1 on; a cursor is the row that it follows. */
const reader =
  (rows: number) =>
  async ({ cursor, limit }: PageRequest) => {
    const after = Number(cursor ?? 0)
    const items = Array.from({ length: Math.min(limit, rows - after) }, (_, index) => after + index + 1)
    const last = after + items.length
    return { items, next: last < rows ? String(last) : null }
  }

it('A3: page by page, everything that may be seen is told once, and cursors name rows that were told', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.boolean(), { maxLength: 600 }),
      fc.integer({ min: 1, max: 50 }),
      async (visible, limit) => {
        const show = (row: number): number | null => (visible[row - 1] === true ? row : null)
        const told: number[] = []
        let cursor: string | null = null
        do {
          const page: { items: readonly number[]; next: string | null } = await visiblePage(
            { cursor, limit },
            reader(visible.length),
            show,
          )
          told.push(...page.items)
          expect(page.items.length).toBeLessThanOrEqual(limit)
          if (page.next !== null) expect(page.items.at(-1)).toBe(Number(page.next))
          cursor = page.next
        } while (cursor !== null)
        expect(told).toEqual(visible.flatMap((isVisible, index) => (isVisible ? [index + 1] : [])))
      },
    ),
    { numRuns: 60 },
  )
})

it('A3: a page among very many rows that may not be seen is answered short, and goes on', async () => {
  const page = await visiblePage({ cursor: null, limit: 10 }, reader(100_000), () => null)
  expect(page.items).toEqual([])
  expect(Number(page.next)).toBeGreaterThan(1_000)
  expect(Number(page.next)).toBeLessThan(3_000)
})
