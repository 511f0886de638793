// What a run has measured, as JSON: what the tables on the screen and the page are made of.
import type { TargetName } from './targets.ts'

/** Of one server in one round: figure → value; null where it says nothing. The unit is in the figure's name. */
export type Measurement = Readonly<Record<string, number | null>>

export interface Row {
  readonly target: TargetName
  /** One of each round that has gone well. */
  readonly measurements: readonly Measurement[]
  /** Why rounds have not: what the server has not delivered, or delivered wrongly. */
  readonly failures: readonly string[]
}

export interface Table {
  /** `<bench>/<what>/…`, by which goals find it. */
  readonly id: string
  readonly title: string
  readonly rows: readonly Row[]
}

/** When and how a bench ran: those of a page need not have run together. */
export interface BenchRun {
  /** ISO 8601. */
  readonly startedAt: string
  /** Of Sluice. */
  readonly commit: string
  readonly rounds: number
  readonly seconds: number
  /** Under load before it is measured, where a bench measures under load. */
  readonly warmUpSeconds: number
  readonly size: 'full' | 'quick' | 'smoke'
}

export interface BenchResult {
  readonly name: string
  readonly run: BenchRun
  readonly title: string
  /** How it is measured, in sentences. */
  readonly method: string
  readonly tookSeconds: number
  readonly tables: readonly Table[]
  /** Why it has not come to its end, or null. */
  readonly error: string | null
}

export interface Results {
  /** Of the last run. */
  readonly machine: Readonly<Record<string, string>>
  readonly versions: Readonly<Record<string, string>>
  readonly benches: readonly BenchResult[]
}

/** The results of a run, with those of the benches that it has left out. @param order names of all benches. */
export function mergedResults(known: Results | null, latest: Results, order: readonly string[]): Results {
  const ran = new Set(latest.benches.map(({ name }) => name))
  const kept = known === null ? [] : known.benches.filter(({ name }) => !ran.has(name))
  const benches = [...kept, ...latest.benches].sort((a, b) => order.indexOf(a.name) - order.indexOf(b.name))
  return { ...latest, benches }
}

/** The figure that every table under load has: how near the load generator came to what it can do. */
export const GENERATOR = 'generator %'

export const figuresOf = ({ rows }: Table): readonly string[] => [
  ...new Set(rows.flatMap(({ measurements }) => measurements.flatMap((one) => Object.keys(one)))),
]

/** Smallest first. */
export const valuesOf = (row: Row | undefined, figure: string): readonly number[] =>
  (row?.measurements ?? [])
    .map((one) => one[figure] ?? Number.NaN)
    .filter((value) => !Number.isNaN(value))
    .sort((a, b) => a - b)

/** NaN where nothing was measured. */
export function medianOf(row: Row | undefined, figure: string): number {
  const values = valuesOf(row, figure)
  const middle = Math.floor(values.length / 2)
  const upper = values[middle] ?? Number.NaN
  return values.length % 2 === 1 ? upper : ((values[middle - 1] ?? Number.NaN) + upper) / 2
}

export const rowOf = (table: Table, target: TargetName): Row | undefined =>
  table.rows.find((row) => row.target === target)
