/** Where the changes of a causal graph stand: one row each, the newest first, in as few columns as their lines need. */

export interface GraphNode {
  readonly hash: string
  /** Hashes of the changes that it builds on. */
  readonly builds: readonly string[]
}

export interface PlacedNode {
  readonly hash: string
  readonly row: number
  readonly column: number
}

export interface GraphEdge {
  readonly from: PlacedNode
  /** Null if it lies below the window. */
  readonly to: PlacedNode | null
  /** The column in which the line runs down. */
  readonly column: number
}

export interface GraphLayout {
  readonly nodes: readonly PlacedNode[]
  readonly edges: readonly GraphEdge[]
  readonly columns: number
}

/** @param changes each before those that it builds on. */
export function layOut(changes: readonly GraphNode[]): GraphLayout {
  /** For each column the change that its line leads to; null if it is free. */
  const lines: (string | null)[] = []
  const nodes: PlacedNode[] = []
  const drawn: { readonly from: PlacedNode; readonly to: string; readonly column: number }[] = []
  let columns = 0
  const take = (hash: string): number => {
    const free = lines.indexOf(null)
    const column = free < 0 ? lines.length : free
    lines[column] = hash
    columns = Math.max(columns, lines.length)
    return column
  }
  for (const [row, { hash, builds }] of changes.entries()) {
    const waiting = lines.indexOf(hash)
    const column = waiting < 0 ? take(hash) : waiting
    const node = { hash, row, column }
    nodes.push(node)
    for (const [index, line] of lines.entries()) if (line === hash) lines[index] = null
    for (const [index, dep] of builds.entries()) {
      const known = lines.indexOf(dep)
      // The first one goes straight down where it can.
      if (known < 0 && index === 0) lines[column] = dep
      drawn.push({ from: node, to: dep, column: known >= 0 ? known : index === 0 ? column : take(dep) })
    }
  }
  const placed = new Map(nodes.map((node) => [node.hash, node]))
  return {
    nodes,
    columns: Math.max(columns, 1),
    edges: drawn.map(({ from, to, column }) => ({ from, to: placed.get(to) ?? null, column })),
  }
}
