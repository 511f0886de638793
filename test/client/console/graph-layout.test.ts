import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { layOut } from '../../../client/console/pages/inspector/graph-layout.ts'

const node = (hash: string, ...builds: string[]) => ({ hash, builds })

describe('the causal graph', () => {
  it('keeps a chain in one column, and lets branches run beside each other until they meet', () => {
    const { nodes, columns } = layOut([
      node('merge', 'a', 'b'),
      node('a', 'base'),
      node('b', 'base'),
      node('base'),
    ])
    expect(nodes.map(({ hash, row, column }) => [hash, row, column])).toEqual([
      ['merge', 0, 0],
      ['a', 1, 0],
      ['b', 2, 1],
      ['base', 3, 0],
    ])
    expect(columns).toBe(2)
  })

  it('leads lines to changes below the window to its edge', () => {
    const { edges } = layOut([node('b', 'a'), node('c', 'a')])
    expect(edges).toMatchObject([{ to: null }, { to: null }])
  })

  it('draws every line once, between the changes that it joins, and no two changes in one place', () => {
    const graph = fc
      .array(fc.array(fc.nat(5), { maxLength: 3 }), { minLength: 1, maxLength: 25 })
      .map((rows) =>
        rows.map((steps, row) => node(`${row}`, ...new Set(steps.map((step) => `${row + 1 + step}`)))),
      )
    fc.assert(
      fc.property(graph, (changes) => {
        const { nodes, edges, columns } = layOut(changes)
        expect(edges).toHaveLength(changes.reduce((sum, { builds }) => sum + builds.length, 0))
        for (const { from, to } of edges) if (to !== null) expect(to.row).toBeGreaterThan(from.row)
        for (const { column } of [...nodes, ...edges]) expect(column).toBeLessThan(columns)
        // A line that passes a row does not run through the change that stands there.
        for (const { from, to, column } of edges)
          for (const { row, column: own } of nodes)
            if (row > from.row + 1 && row < (to?.row ?? changes.length) - 1) expect(own).not.toBe(column)
      }),
    )
  })
})
