// `npm run test:overload` runs the tests of this folder at full size and prints figures; `npm test` a part of it.
export const isFull = process.env.SLUICE_OVERLOAD === 'full'

export const size = (full: number, reduced: number): number => (isFull ? full : reduced)

/** Figures for docs/FUZZING.md. */
export function report(what: string, figures: string): void {
  if (isFull) console.log(`${what}: ${figures}`)
}

export const TIMEOUT_MS = isFull ? 300_000 : 180_000
