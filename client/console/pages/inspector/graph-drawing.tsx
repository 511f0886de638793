/** The lines and dots of the causal graph. What they say, the rows beside them say in words. */
import classes from './causal-graph.module.css'
import type { GraphEdge, GraphLayout } from './graph-layout.ts'
import type { CausalChange } from './inspection.ts'

export const ROW_PX = 44
const COLUMN_PX = 18
const DOT_PX = 5
/** Wider graphs are squeezed. */
const WIDTH_MAX = 160

export interface GraphDrawingProps {
  readonly layout: GraphLayout
  readonly changes: readonly CausalChange[]
  readonly selected: string | null
}

export const drawingWidth = ({ columns }: GraphLayout): number =>
  Math.min(WIDTH_MAX, (columns + 1) * COLUMN_PX)

export function GraphDrawing({ layout, changes, selected }: GraphDrawingProps) {
  const width = drawingWidth(layout)
  const x = (column: number): number => ((column + 1) * width) / (layout.columns + 1)
  const y = (row: number): number => (row + 0.5) * ROW_PX
  const height = changes.length * ROW_PX
  return (
    <svg
      width={width}
      height={height}
      viewBox={`0 0 ${width} ${height}`}
      className={classes.drawing}
      aria-hidden="true"
    >
      {layout.edges.map((edge) => (
        <path
          key={`${edge.from.hash} ${edge.to?.hash ?? edge.column}`}
          d={pathOf(edge, x, y, height)}
          className={classes.edge}
          data-open={edge.to === null}
        />
      ))}
      {layout.nodes.map(({ hash, row, column }, index) => {
        const change = changes[index]
        const isSide = (change?.conflicts.length ?? 0) > 0
        return (
          <g
            key={hash}
            transform={`translate(${x(column)} ${y(row)})`}
            data-kind={change?.kind}
            className={classes.node}
          >
            {hash === selected ? <circle r={DOT_PX + 5} className={classes.halo} /> : null}
            {isSide ? (
              <rect
                x={-DOT_PX - 1}
                y={-DOT_PX - 1}
                width={2 * DOT_PX + 2}
                height={2 * DOT_PX + 2}
                transform="rotate(45)"
                className={classes.side}
              />
            ) : (
              <circle r={DOT_PX} />
            )}
          </g>
        )
      })}
    </svg>
  )
}

/** Down in its own column, and across just before it arrives. */
function pathOf(
  { from, to, column }: GraphEdge,
  x: (column: number) => number,
  y: (row: number) => number,
  height: number,
): string {
  const [x1, y1, lane] = [x(from.column), y(from.row), x(column)]
  const [x2, y2] = to === null ? [lane, height] : [x(to.column), y(to.row)]
  const bend = ROW_PX / 2
  if (to !== null && to.row === from.row + 1)
    return `M ${x1} ${y1} C ${x1} ${y1 + bend} ${x2} ${y2 - bend} ${x2} ${y2}`
  const out = `M ${x1} ${y1} C ${x1} ${y1 + bend} ${lane} ${y1 + bend} ${lane} ${y1 + ROW_PX}`
  if (to === null) return `${out} V ${y2}`
  return `${out} V ${y2 - ROW_PX} C ${lane} ${y2 - bend} ${x2} ${y2 - bend} ${x2} ${y2}`
}
