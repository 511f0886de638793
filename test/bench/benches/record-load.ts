// What the benchmarks of records have in common: records, who writes to which of them, and what is told of the writing.
import type { BenchContext } from '../bench-context.ts'
import type { Crew } from '../load/load-generator.ts'
import { largest, p50, p99, sum } from '../load/measures.ts'
import type { Written } from '../load/timed-writes.ts'
import type { Measurement } from '../results.ts'
import { GENERATOR } from '../results.ts'
import type { RunningTarget } from '../running-target.ts'

export interface Spread {
  readonly id: 'hot' | 'many'
  readonly title: string
  readonly ids: readonly string[]
}

const THOUSAND = 1_000

export function spreads({ scale }: BenchContext): readonly [Spread, Spread] {
  const ids = Array.from({ length: scale.records.records }, (_, index) => `r-${index}`)
  return [
    { id: 'hot', title: 'one record', ids: ids.slice(0, 1) },
    { id: 'many', title: `${ids.length} records`, ids },
  ]
}

/** @returns for each writer of a process the ids that are his; all write to the one if there is one. */
export function shared(
  context: BenchContext,
  ids: readonly string[],
  writers: number,
  part: number,
): readonly string[][] {
  return context.generator
    .share(writers, part)
    .map((writer) => (ids.length === 1 ? [...ids] : ids.filter((_, index) => index % writers === writer)))
}

export const rateOf = (parts: readonly Pick<Written, 'waitsMs' | 'elapsedSeconds'>[]): number =>
  sum(parts.map(({ waitsMs, elapsedSeconds }) => waitsMs.length / elapsedSeconds))

interface Writers {
  write(asked: { readonly seconds: number }): Promise<Written>
}

/**
 * Has the crew write, first for a while that does not count.
 * @param changes of one write.
 */
export async function measureWrites(
  context: BenchContext,
  running: RunningTarget,
  crew: Crew<Writers>,
  changes = 1,
): Promise<Measurement> {
  await crew.all('write', { seconds: context.warmUpSeconds })
  const meter = context.generator.meter()
  const before = running.usage().cpuSeconds
  const written = await crew.all('write', { seconds: context.seconds })
  const cpu = running.usage().cpuSeconds - before
  const percent = await meter.percent()
  const answered = sum(written.map(({ waitsMs }) => waitsMs.length))
  const unanswered = written.flatMap(({ unansweredMs }) => unansweredMs)
  const waits = [...written.flatMap(({ waitsMs }) => waitsMs), ...unanswered]
  return {
    'changes/s': rateOf(written) * changes,
    'ack p50 ms': p50(waits),
    'ack p99 ms': p99(waits),
    ...(unanswered.length === 0 ? {} : { 'longest wait without an answer, ms': largest(unanswered) }),
    'server CPU ms per change': (cpu / answered / changes) * THOUSAND,
    [GENERATOR]: percent,
  }
}
