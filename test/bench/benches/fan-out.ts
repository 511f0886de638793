// One room, ten people who type, and others who read: how much a server delivers when it is kept busy, what it costs, and
// how long a character takes at a moderate rate.
import type { Bench, BenchContext } from '../bench-context.ts'
import type { Crew } from '../load/load-generator.ts'
import { p50, p99, pause, sum } from '../load/measures.ts'
import type { Typists } from '../load/typists.ts'
import type { Measurement, Table } from '../results.ts'
import { GENERATOR, medianOf, rowOf } from '../results.ts'
import { RunningTarget } from '../running-target.ts'
import type { Target } from '../targets.ts'

const WRITERS = 10
const SETTLE_MS = 300
const MILLION = 1_000_000

/** Share of what Hocuspocus delivers at its best at which latency is measured, the same rate for everybody. */
const MODERATE = 0.2
/** Characters a second of all writers together. */
const RATE_MAX = 20_000
/** More than a server takes of one writer. */
const CHARACTERS_PER_SECOND_MAX = 10_000

export const fanOut: Bench = {
  name: 'fan-out',
  title: 'Fan-out',
  method: `One room; ${WRITERS} clients type, a character per update, and all others read. At saturation each writer is as far ahead of what has been delivered as a window of 64 characters lets him. Latency is measured at ${MODERATE * 100} % of what Hocuspocus delivers at saturation, the same rate for all: from sending to arrival at another client, and, where that means that it is on disk, to the author's own echo.`,
  async run(context) {
    const tables: Table[] = []
    for (const size of context.scale.fanOut.sizes) tables.push(...(await ofSize(context, size)))
    return tables
  },
}

async function ofSize(context: BenchContext, size: number): Promise<readonly Table[]> {
  const contestants = context.of('sluice', 'limit', 'relay', 'y-websocket', 'hocuspocus')
  const busy = await context.table(
    `fan-out/${size}/saturation`,
    `${size} clients in one room, as fast as it goes`,
    contestants,
    (target) => saturate(context, target, size),
  )
  const [first] = contestants
  const reference = rowOf(busy, 'hocuspocus') ?? (first && rowOf(busy, first.name))
  const capacity = medianOf(reference, 'deliveries/s')
  if (Number.isNaN(capacity)) return [busy]
  const rate = Math.min((capacity * MODERATE) / (size - 1), RATE_MAX)
  const calm = await context.table(
    `fan-out/${size}/moderate`,
    `${size} clients in one room, ${Math.round(rate)} characters a second`,
    contestants,
    (target) => measureLatency(context, target, { size, rate }),
  )
  return [busy, calm]
}

async function gather(context: BenchContext, running: RunningTarget, size: number): Promise<Crew<Typists>> {
  const crew = await context.generator.assemble('typists', (part) => ({
    address: running.address,
    clients: context.generator.share(size, part),
    writers: WRITERS,
    charactersMax: Math.ceil((context.seconds + context.warmUpSeconds) * CHARACTERS_PER_SECOND_MAX),
  }))
  await crew.all('gather')
  return crew
}

/** Waits until everybody has the same, and ends. */
async function disperse(crew: Crew<Typists>, running: RunningTarget): Promise<void> {
  const sent = (await crew.all('rest')).flat()
  await crew.all('check', sent)
  await crew.all('close')
  await running.stop()
}

async function saturate(context: BenchContext, target: Target, size: number): Promise<Measurement> {
  const running = await RunningTarget.start(target)
  const crew = await gather(context, running, size)
  await crew.all('saturate')
  await pause(context.warmUpSeconds * 1_000)
  const meter = context.generator.meter()
  const before = sum(await crew.all('deliveries'))
  const began = { cpu: running.usage().cpuSeconds, at: performance.now() }
  await pause(context.seconds * 1_000)
  const delivered = sum(await crew.all('deliveries')) - before
  const elapsed = (performance.now() - began.at) / 1_000
  const cpu = running.usage().cpuSeconds - began.cpu
  const generator = await meter.percent()
  await disperse(crew, running)
  return {
    'deliveries/s': delivered / elapsed,
    'CPU s per million': (cpu / delivered) * MILLION,
    [GENERATOR]: generator,
  }
}

/** @param load.rate characters per second of all writers together. */
async function measureLatency(
  context: BenchContext,
  target: Target,
  { size, rate }: { readonly size: number; readonly rate: number },
): Promise<Measurement> {
  const running = await RunningTarget.start(target)
  const crew = await gather(context, running, size)
  const each = rate / Math.min(WRITERS, size)
  await crew.all('type', { rate: each, seconds: context.warmUpSeconds })
  await pause(SETTLE_MS)
  await crew.all('forgetLatencies')
  const meter = context.generator.meter()
  await crew.all('type', { rate: each, seconds: context.seconds })
  const generator = await meter.percent()
  await disperse(crew, running)
  const latencies = await crew.all('latencies')
  const delays = latencies.flatMap((one) => one.delays)
  const acks = latencies.flatMap((one) => one.acks)
  return {
    'p50 ms': p50(delays),
    'p99 ms': p99(delays),
    'durable ack p99 ms': target.confirms ? p99(acks) : null,
    [GENERATOR]: generator,
  }
}
