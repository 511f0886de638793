// What memory a socket, a document and stored records take.
import type { BenchContext } from '../bench-context.ts'
import { p99, pause, sum } from '../load/measures.ts'
import type { Measurement, Table } from '../results.ts'
import { RunningTarget } from '../running-target.ts'
import { StoredData } from '../stored-data.ts'
import type { Target } from '../targets.ts'

const KIB = 2 ** 10
const MIB = 2 ** 20
const SETTLE_MS = 1_000
const PER_ROOM = 2
const CHARACTERS = 20
/** What a server may keep in memory of its records, in all: less than those of the bench take when they are open. */
const BUDGET = {
  SLUICE_ROOM_BYTES_MAX: 40 * MIB,
  SLUICE_RECORD_CACHE_BYTES_MAX: 16 * MIB,
  SLUICE_READ_CACHE_BYTES_MAX: 8 * MIB,
}
const BUDGET_BYTES = sum(Object.values(BUDGET))
const budgetSettings = Object.fromEntries(
  Object.entries(BUDGET).map(([name, bytes]) => [name, String(bytes)]),
)
const WRITERS = 20
/** Of the stored records, those that are written to. */
const TOUCHED_EVERY = 10

export const memory = (context: BenchContext): Promise<Table> => {
  const { sockets, documents } = context.scale.growth
  return context.table(
    'growth/memory',
    `Memory of ${sockets} sockets in one room, then of ${documents} small texts`,
    context.of('sluice', 'limit', 'y-websocket', 'y-leveldb', 'hocuspocus'),
    (target) => measureMemory(context, target),
  )
}

async function settledBytes(running: RunningTarget): Promise<number> {
  await pause(SETTLE_MS)
  await running.collectGarbage()
  return running.usage().rssBytes
}

async function measureMemory(context: BenchContext, target: Target): Promise<Measurement> {
  const { generator, scale } = context
  const { sockets, documents } = scale.growth
  const running = await RunningTarget.start(target)
  const gather = async (rooms: readonly number[], perRoom: number) => {
    const crew = await generator.assemble('room-mates', (part) => ({
      address: running.address,
      rooms: rooms.filter((_, index) => index % generator.size === part),
      perRoom,
      charactersMax: CHARACTERS,
    }))
    await crew.all('gather')
    return crew
  }
  // What it loads when it is first used is not what a socket takes.
  const first = await gather([0], PER_ROOM)
  await first.all('close')
  const empty = await settledBytes(running)
  const crowd = await gather([1], sockets)
  const perSocket = ((await settledBytes(running)) - empty) / sockets
  await crowd.all('close')
  const before = await settledBytes(running)
  const readers = await gather(
    Array.from({ length: documents }, (_, index) => index + 2),
    PER_ROOM,
  )
  await readers.all('type', { perSecond: CHARACTERS, seconds: 1 })
  await readers.all('check')
  const open = ((await settledBytes(running)) - before) / documents
  await readers.all('close')
  const idle = ((await settledBytes(running)) - before) / documents
  await running.stop()
  return {
    'empty MiB': empty / MIB,
    'a socket KiB': perSocket / KIB,
    'an open text with two sockets KiB': open / KIB,
    'the same once they have left KiB': idle / KIB,
  }
}

export const budget = (context: BenchContext): Promise<Table> => {
  const { storedRecords } = context.scale.growth
  const ids = Array.from({ length: storedRecords }, (_, index) => `r-${index}`)
  const share = (part: number, every: number): readonly (readonly string[])[] =>
    context.generator
      .share(WRITERS, part)
      .map((writer) => ids.filter((_, index) => index % every === 0 && (index / every) % WRITERS === writer))
  const stored = new StoredData(async ({ port }) => {
    const crew = await context.generator.assemble('rest-writers', (part) => ({
      port,
      part,
      writers: share(part, 1),
    }))
    await crew.all('create')
    await crew.all('close')
  })
  return context.table(
    'growth/budget',
    `${storedRecords} stored records, of which ${storedRecords / TOUCHED_EVERY} are written to, with a budget of ${BUDGET_BYTES / MIB} MiB`,
    context.of('sluice'),
    async (target) => {
      const { running } = await stored.start(target, budgetSettings)
      const empty = await settledBytes(running)
      const crew = await context.generator.assemble('rest-writers', (part) => ({
        port: running.port,
        part,
        writers: share(part, TOUCHED_EVERY),
      }))
      const waitsMs = await crew.all('writeOnce')
      const after = await settledBytes(running)
      const { peakBytes } = running.usage()
      for (const expected of await crew.all('expected')) await crew.first('check', expected)
      await crew.all('close')
      await running.stop()
      return {
        'at start MiB': empty / MIB,
        'afterwards MiB': after / MIB,
        'peak MiB': peakBytes / MIB,
        'memory beyond the empty server, share of the budget': (after - empty) / BUDGET_BYTES,
        'ack p99 ms': p99(waitsMs.flat()),
      }
    },
  )
}
