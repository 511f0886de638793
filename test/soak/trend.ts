// A straight line through measurements.

export interface Point {
  readonly x: number
  readonly y: number
}

/** How much y grows with each x, by least squares; 0 for fewer than two points. */
export function slopeOf(points: readonly Point[]): number {
  const count = points.length
  const sum = (of: (point: Point) => number): number => points.reduce((total, point) => total + of(point), 0)
  const [x, y] = [sum((point) => point.x) / count, sum((point) => point.y) / count]
  const spread = sum((point) => (point.x - x) ** 2)
  return spread === 0 || count < 2 ? 0 : sum((point) => (point.x - x) * (point.y - y)) / spread
}
