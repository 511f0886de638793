// Everybody comes back at once, as after a network failure or a deployment.
import type { Bench, BenchContext } from '../bench-context.ts'
import { largest, p50 } from '../load/measures.ts'
import type { Seed } from '../load/seed-text.ts'
import { seedTexts } from '../load/seed-text.ts'
import { typedChunks } from '../load/typed-text.ts'
import type { Measurement } from '../results.ts'
import { GENERATOR } from '../results.ts'
import { RunningTarget } from '../running-target.ts'
import { StoredData } from '../stored-data.ts'
import type { Target } from '../targets.ts'

const CHUNK = 1_000
const MIB = 2 ** 20

export const storm: Bench = {
  name: 'storm',
  title: 'Storm',
  method:
    'Clients open stored texts, all at the same moment, spread evenly over the rooms. Warm: the server has had these rooms open just before, and somebody is in each. After a restart: it has been started on its data and has opened none. Measured is when the last client has all of its text; three times at least. Where more than 511 come at once, which is what Node lets wait by itself, some are heard a second later; Sluice lets 4,096 wait.',
  async run(context) {
    const { clients, rooms } = context.scale.storm
    const stored = new StoredData(async ({ address }) => {
      for (const resident of await seedTexts(address, seedsOf(context))) resident.close()
    })
    const title = `${clients} clients into ${rooms} rooms`
    return [
      await context.table(
        'storm/warm',
        `${title}, warm`,
        context.of('sluice', 'limit', 'y-websocket', 'hocuspocus'),
        (target) => warm(context, target),
        context.coldRounds,
      ),
      await context.table(
        'storm/restart',
        `${title}, after a restart`,
        context.of('sluice', 'limit', 'y-leveldb', 'hocuspocus'),
        (target) => afterRestart(context, target, stored),
        context.coldRounds,
      ),
    ]
  },
}

let seeds: readonly Seed[] = []

function seedsOf(context: BenchContext): readonly Seed[] {
  const { rooms, charactersPerRoom } = context.scale.storm
  if (seeds.length !== rooms)
    seeds = Array.from({ length: rooms }, (_, room) => ({
      room: `storm-${room}`,
      written: [[room + 1, charactersPerRoom]],
      digest: null,
      updates: typedChunks(room + 1, charactersPerRoom, CHUNK),
    }))
  return seeds
}

async function warm(context: BenchContext, target: Target): Promise<Measurement> {
  const running = await RunningTarget.start(target)
  const residents = await seedTexts(running.address, seedsOf(context))
  const measured = await join(context, running)
  for (const resident of residents) resident.close()
  await running.stop()
  return measured
}

async function afterRestart(context: BenchContext, target: Target, stored: StoredData): Promise<Measurement> {
  const { running } = await stored.start(target)
  const measured = await join(context, running)
  await running.stop()
  return measured
}

async function join(context: BenchContext, running: RunningTarget): Promise<Measurement> {
  const { generator } = context
  const texts = seedsOf(context).map(({ room, written, digest }) => ({ room, written, digest }))
  const crew = await generator.assemble('joiners', (part) => ({
    address: running.address,
    texts: generator
      .share(context.scale.storm.clients, part)
      .flatMap((client) => texts[client % texts.length] ?? []),
  }))
  const meter = generator.meter()
  const before = running.usage().cpuSeconds
  const joined = await crew.all('join')
  const { cpuSeconds, peakBytes } = running.usage()
  const percent = await meter.percent()
  await crew.all('check')
  await crew.all('close')
  const waits = joined.flatMap(({ waitsMs }) => waitsMs)
  return {
    'everybody has all, ms': largest(waits),
    'half of them, ms': p50(waits),
    'server CPU s': cpuSeconds - before,
    'peak memory MiB': peakBytes / MIB,
    [GENERATOR]: percent,
  }
}
