// What Sluice is meant to reach, as ratios against another server in the same run, and where it does.
import type { BenchResult, Table } from './results.ts'
import { medianOf, rowOf } from './results.ts'
import type { TargetName } from './targets.ts'

export interface Goal {
  /** The tables it is about, by their id. */
  readonly table: RegExp
  readonly figure: string
  /** Whose figure Sluice's is divided by; null if the figure itself is what counts. */
  readonly against: TargetName | null
  readonly bound: 'at least' | 'at most' | 'below'
  readonly value: number
}

export interface Verdict {
  readonly goal: Goal
  readonly table: Table
  /** The ratio of medians, or the median itself; NaN if it was not measured. */
  readonly reached: number
  readonly state: 'met' | 'missed' | 'not measured'
}

const atLeast = (table: RegExp, figure: string, against: TargetName | null, value: number): Goal => ({
  table,
  figure,
  against,
  bound: 'at least',
  value,
})
const atMost = (table: RegExp, figure: string, against: TargetName | null, value: number): Goal => ({
  ...atLeast(table, figure, against, value),
  bound: 'at most',
})
const below = (table: RegExp, figure: string, against: TargetName | null, value: number): Goal => ({
  ...atLeast(table, figure, against, value),
  bound: 'below',
})

const SATURATION = /^fan-out\/\d+\/saturation$/
const MODERATE = /^fan-out\/\d+\/moderate$/
const ROOMS = /^rooms\//
const WRITES = /^records\/(automerge|repo|doors)\//
const CLIENTS = /^clients\/(text|record)$/

export const goals: readonly Goal[] = [
  atLeast(/^fan-out\/(10|50)\/saturation$/, 'deliveries/s', 'hocuspocus', 1.5),
  atLeast(/^fan-out\/200\/saturation$/, 'deliveries/s', 'hocuspocus', 1),
  atMost(SATURATION, 'CPU s per million', 'hocuspocus', 0.5),
  atMost(SATURATION, 'CPU s per million', 'limit', 1.5),
  atMost(MODERATE, 'p99 ms', 'hocuspocus', 1.25),
  atMost(MODERATE, 'durable ack p99 ms', 'limit', 1.5),

  ...(['y-websocket', 'hocuspocus'] as const).flatMap((peer) => [
    below(ROOMS, 'memory MiB', peer, 1),
    below(ROOMS, 'CPU s per s', peer, 1),
  ]),
  atMost(ROOMS, 'p99 ms', 'y-websocket', 1),

  ...['first open ms', 'later opens ms'].flatMap((figure) => [
    atMost(/^cold-open\/text$/, figure, 'hocuspocus', 0.3),
    atMost(/^cold-open\/text$/, figure, 'floor', 1.3),
  ]),

  atMost(/^storm\/warm$/, 'everybody has all, ms', 'y-websocket', 0.8),
  atMost(/^storm\/restart$/, 'everybody has all, ms', 'hocuspocus', 0.4),

  atLeast(WRITES, 'changes/s', 'automerge-repo', 20),
  atMost(WRITES, 'ack p99 ms', 'automerge-repo', 0.2),
  // Beside the rates: where the generator is at its ceiling, or its client waits by itself, they say little of the servers.
  atMost(WRITES, 'server CPU ms per change', 'automerge-repo', 0.05),
  atLeast(/^records\/reads\//, 'requests/s', 'constant', 0.7),

  atMost(/^growth\/(text|record)$/, 'write CPU, 100 × to 1 ×', null, 1.3),
  atMost(/^growth\/(text|record)$/, 'open CPU, 100 × to 1 ×', null, 1.3),
  below(/^growth\/budget$/, 'memory beyond the empty server, share of the budget', null, 1),
  ...['compacted, to the smallest encoding', 'compacted history, to the smallest encoding'].map((figure) =>
    atMost(/^growth\/disk\//, figure, null, 1.2),
  ),

  below(/^loop\/load\//, 'loop delay max ms', null, 20),

  ...(['y-websocket', 'hocuspocus'] as const).flatMap((peer) => [
    atMost(CLIENTS, 'first content, new device, ms', peer, 1.25),
    atMost(CLIENTS, 'first content, stored, ms', peer, 1.25),
    atMost(CLIENTS, 'reconnect with nothing new, bytes', peer, 1),
  ]),
  atMost(CLIENTS, 'first content, new device, ms', 'automerge-repo', 0.75),
  atMost(CLIENTS, 'reconnect with nothing new, bytes', 'automerge-repo', 1),
  below(/^clients\/size$/, 'for records, at once, kB', null, 25),
  atMost(/^clients\/size$/, 'for records, in all, kB', 'y-websocket', 1),
  atMost(/^clients\/size$/, 'for records, in all, kB', 'automerge-repo', 0.1),
]

/** Of every goal in every table that it is about, among the benches that have run. */
export function judge(results: readonly BenchResult[]): readonly Verdict[] {
  const tables = results.flatMap((result) => result.tables)
  return goals.flatMap((goal) =>
    tables.filter(({ id }) => goal.table.test(id)).map((table) => verdictOf(goal, table)),
  )
}

function verdictOf(goal: Goal, table: Table): Verdict {
  const own = medianOf(rowOf(table, 'sluice'), goal.figure)
  const reached = goal.against === null ? own : own / medianOf(rowOf(table, goal.against), goal.figure)
  return { goal, table, reached, state: stateOf(goal, reached) }
}

function stateOf({ bound, value }: Goal, reached: number): Verdict['state'] {
  if (Number.isNaN(reached)) return 'not measured'
  switch (bound) {
    case 'at least':
      return reached >= value ? 'met' : 'missed'
    case 'at most':
      return reached <= value ? 'met' : 'missed'
    case 'below':
      return reached < value ? 'met' : 'missed'
  }
}
