/** A small line of the last minutes. What it shows is told in words beside it. */
import classes from './sparkline.module.css'

export interface Point {
  /** How long ago, in milliseconds. */
  readonly ageMs: number
  /** Null where there was nothing to measure: the line has a gap. */
  readonly value: number | null
}

export interface SparklineProps {
  readonly label: string
  /** Oldest first. */
  readonly points: readonly Point[]
  readonly spanMs: number
  /** Further apart than this, two points are not joined. */
  readonly gapMs: number
}

const WIDTH = 240
const HEIGHT = 40
/** So that the line is not cut off at the edges. */
const MARGIN = 2

export function Sparkline({ label, points, spanMs, gapMs }: SparklineProps) {
  const most = Math.max(0, ...points.map(({ value }) => value ?? 0))
  const x = (ageMs: number): number => MARGIN + (1 - ageMs / spanMs) * (WIDTH - 2 * MARGIN)
  const y = (value: number): number =>
    HEIGHT - MARGIN - (most === 0 ? 0 : value / most) * (HEIGHT - 2 * MARGIN)
  const runs = runsOf(points, gapMs)
  return (
    <svg
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      preserveAspectRatio="none"
      className={classes.line}
      role="img"
      aria-label={label}
    >
      <line x1={0} x2={WIDTH} y1={HEIGHT - 1} y2={HEIGHT - 1} className={classes.base} />
      {runs.map((run) => (
        <polyline
          key={run[0]?.ageMs}
          points={run.map(({ ageMs, value }) => `${x(ageMs).toFixed(1)},${y(value).toFixed(1)}`).join(' ')}
        />
      ))}
    </svg>
  )
}

interface Known {
  readonly ageMs: number
  readonly value: number
}

/** Points that belong on one line; one that stands alone is drawn as a short one. */
function runsOf(points: readonly Point[], gapMs: number): readonly (readonly Known[])[] {
  const runs: Known[][] = []
  let last: Known | null = null
  for (const { ageMs, value } of points) {
    if (value === null) {
      last = null
      continue
    }
    const known = { ageMs, value }
    if (last === null || last.ageMs - ageMs > gapMs) runs.push([known])
    else runs.at(-1)?.push(known)
    last = known
  }
  return runs.map((run) =>
    run.length > 1 ? run : run.flatMap((one) => [{ ...one, ageMs: one.ageMs + gapMs / 4 }, one]),
  )
}
