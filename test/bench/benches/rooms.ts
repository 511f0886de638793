// Many rooms of two, each of whom types a character a second: what a server needs for people who work on their own things.
import type { Bench, BenchContext } from '../bench-context.ts'
import { p99, pause } from '../load/measures.ts'
import type { Measurement, Table } from '../results.ts'
import { GENERATOR } from '../results.ts'
import { RunningTarget } from '../running-target.ts'
import type { Target } from '../targets.ts'

const PER_ROOM = 2
const PER_SECOND = 1
const SETTLE_MS = 500
const MIB = 2 ** 20

export const rooms: Bench = {
  name: 'rooms',
  title: 'Many rooms',
  method: `Rooms of ${PER_ROOM} clients, each of whom types ${PER_SECOND} character a second at a moment of his own. Memory is what the server's process has resident at the end. Latency is from sending to arrival at the other; Sluice and the limit send nothing before it is on disk.`,
  async run(context) {
    const tables: Table[] = []
    for (const count of context.scale.rooms.counts)
      tables.push(
        await context.table(
          `rooms/${count}`,
          `${count} rooms of ${PER_ROOM}`,
          context.of('sluice', 'limit', 'y-websocket', 'y-leveldb', 'hocuspocus'),
          (target) => measure(context, target, count),
        ),
      )
    return tables
  },
}

async function measure(context: BenchContext, target: Target, count: number): Promise<Measurement> {
  const running = await RunningTarget.start(target)
  const { seconds, generator } = context
  // A whole second at least, or nobody would type.
  const typing = Math.max(seconds, 1 / PER_SECOND)
  const warmUp = Math.max(context.warmUpSeconds, 1 / PER_SECOND)
  const crew = await generator.assemble('room-mates', (part) => ({
    address: running.address,
    rooms: generator.share(count, part),
    perRoom: PER_ROOM,
    charactersMax: Math.ceil(typing * PER_SECOND) + Math.ceil(warmUp * PER_SECOND),
  }))
  await crew.all('gather')
  await crew.all('type', { perSecond: PER_SECOND, seconds: warmUp })
  await pause(SETTLE_MS)
  await crew.all('forgetLatencies')
  const meter = generator.meter()
  const began = { cpu: running.usage().cpuSeconds, at: performance.now() }
  await crew.all('type', { perSecond: PER_SECOND, seconds: typing })
  const elapsed = (performance.now() - began.at) / 1_000
  const { cpuSeconds, rssBytes } = running.usage()
  const percent = await meter.percent()
  await crew.all('check')
  const delays = (await crew.all('latencies')).flatMap((one) => one.delays)
  await crew.all('close')
  await running.stop()
  return {
    'memory MiB': rssBytes / MIB,
    'CPU s per s': (cpuSeconds - began.cpu) / elapsed,
    'p99 ms': p99(delays),
    [GENERATOR]: percent,
  }
}
