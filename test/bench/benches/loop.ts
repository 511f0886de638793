// How long the server's main thread is held by what is large, and what presence costs beside text.
import type { Bench, BenchContext } from '../bench-context.ts'
import { pause } from '../load/measures.ts'
import { ReceivedUpdates } from '../load/received-updates.ts'
import type { Seed } from '../load/seed-text.ts'
import { seedTexts } from '../load/seed-text.ts'
import { everybodyHas, TextClient } from '../load/text-client.ts'
import { typedChunks } from '../load/typed-text.ts'
import type { Measurement, Table } from '../results.ts'
import { GENERATOR } from '../results.ts'
import { RunningTarget } from '../running-target.ts'
import type { Target } from '../targets.ts'
import { crowds } from './crowds.ts'
import { AFTERWARDS_MS, loopRecords } from './loop-records.ts'

const WARM_UP_CHARACTERS = 5_000
const PASTE_CHUNK = 1_000_000
const TYPED_CHUNK = 10
const NEWCOMERS = 20
const ARRIVE_MS = 60_000
const STEP_MS = 1_000
const MIB = 2 ** 20

export const loop: Bench = {
  name: 'loop',
  title: 'The event loop, and presence',
  method: `The delay of the server's event loop, measured in its own process while a load runs and for ${AFTERWARDS_MS / 1_000} seconds after it, less the interval of the measurement; "nothing" is what the machine itself adds. The loads make Sluice check updates in its trials, write snapshots and project text. The record that many write to is written to for as long again before it is measured, so that it has a history; the one that is opened has been written to for as long, and then the server is started anew. Those who follow a record, a live list or an inbox do so through the own door; what they have heard in the end is compared with what was written. Presence: everybody in a room moves a cursor once a second, then everybody types a character a second.`,
  async run(context) {
    const { pastedBytes, edits } = context.scale.loop
    const paste = large('paste', pastedBytes, PASTE_CHUNK)
    const typing = large('typing', edits, TYPED_CHUNK)
    const loads: readonly Load[] = [
      { id: 'nothing', title: 'Nothing', work: () => pause(context.seconds * 1_000) },
      {
        id: 'paste',
        title: `${pastedBytes / 1e6} MB pasted at once`,
        work: (running) => store(running, paste),
      },
      {
        id: 'typing',
        title: `${edits} characters typed as fast as it goes`,
        work: (running) => store(running, typing),
      },
      {
        id: 'newcomers',
        title: `${NEWCOMERS} newcomers to a text of ${pastedBytes / 1e6} MB, one after the other`,
        work: (running) => openAgain(running, paste),
        before: (running) => store(running, paste),
      },
    ]
    const tables: Table[] = []
    for (const load of loads)
      tables.push(
        await context.table(
          load.id === 'nothing' ? 'loop/control' : `loop/load/${load.id}`,
          load.title,
          context.of('sluice', 'limit', 'y-websocket', 'hocuspocus'),
          (target) => measureLoop(target, load),
        ),
      )
    return [...tables, ...(await loopRecords(context)), ...(await crowds(context)), await presence(context)]
  },
}

interface Load {
  readonly id: string
  readonly title: string
  readonly before?: (running: RunningTarget) => Promise<void>
  readonly work: (running: RunningTarget) => Promise<void>
}

const large = (room: string, characters: number, chunk: number): Seed => ({
  room,
  written: [[1, characters]],
  digest: null,
  updates: typedChunks(1, characters, chunk),
})

/** Resolves when a reader has all of it. */
async function store(running: RunningTarget, seed: Seed): Promise<void> {
  for (const author of await seedTexts(running.address, [seed])) author.close()
}

async function openAgain(running: RunningTarget, { room, written }: Seed): Promise<void> {
  const received = new ReceivedUpdates(true)
  for (let newcomer = 0; newcomer < NEWCOMERS; newcomer++) {
    const client = new TextClient(running.address, room, received)
    await client.synced()
    await everybodyHas([client], () => written, ARRIVE_MS)
    client.close()
  }
  const fault = received.fault()
  if (fault !== null) throw new Error(`wrong content: ${fault}`)
}

async function measureLoop(target: Target, { before, work }: Load): Promise<Measurement> {
  const running = await RunningTarget.start(target)
  await store(running, large('warm-up', WARM_UP_CHARACTERS, TYPED_CHUNK))
  await before?.(running)
  await running.watchLoop()
  const began = { cpu: running.usage().cpuSeconds, at: performance.now() }
  await work(running)
  const took = performance.now() - began.at
  await pause(AFTERWARDS_MS)
  const { maxMs, p99Ms } = await running.loopDelay()
  const { cpuSeconds, peakBytes } = running.usage()
  await running.stop()
  return {
    'loop delay max ms': maxMs,
    'loop delay p99 ms': p99Ms,
    'everybody has it, ms': took,
    'server CPU s': cpuSeconds - began.cpu,
    'peak memory MiB': peakBytes / MIB,
  }
}

const presence = (context: BenchContext): Promise<Table> => {
  const { people } = context.scale.loop
  return context.table(
    'loop/presence',
    `${people} people in a room: their cursors, and their text`,
    context.of('sluice', 'y-websocket', 'hocuspocus'),
    (target) => measurePresence(context, target),
  )
}

async function measurePresence(context: BenchContext, target: Target): Promise<Measurement> {
  const { generator, scale } = context
  const { people } = scale.loop
  const running = await RunningTarget.start(target)
  const crew = await generator.assemble('attendees', (part) => ({
    address: running.address,
    clients: generator.share(people, part),
    size: people,
  }))
  await crew.all('gather')
  const steps = Math.max(1, Math.round((context.seconds * 1_000) / STEP_MS))
  const spent = async (work: () => Promise<unknown>): Promise<number> => {
    const before = running.usage().cpuSeconds
    await work()
    return (running.usage().cpuSeconds - before) / ((steps * STEP_MS) / 1_000)
  }
  const meter = generator.meter()
  const moving = await spent(() => crew.all('move', { steps, everyMs: STEP_MS }))
  const typing = await spent(() => crew.all('type', { steps, everyMs: STEP_MS }))
  const percent = await meter.percent()
  await crew.all('close')
  await running.stop()
  return {
    'presence CPU s per s': moving,
    'text CPU s per s': typing,
    'presence, to text': moving / typing,
    [GENERATOR]: percent,
  }
}
