// Changes of records through sockets: by raw clients of automerge-repo's protocol, by its own client, and by each server's door.
import type { BenchContext } from '../bench-context.ts'
import { pause } from '../load/measures.ts'
import type { Measurement, Table } from '../results.ts'
import { RunningTarget } from '../running-target.ts'
import type { Target } from '../targets.ts'
import { measureWrites, shared, spreads } from './record-load.ts'

/** Who writes through automerge-repo to one record: each has to hear all others. */
const HOT_WRITERS_MAX = 4
/** Sockets over which the records are spread: a server may limit the documents of one. */
export const SPREAD_WRITERS = 20
export const AHEAD = 4
/** What automerge-repo's own client is told at once: it sends no more often than every 100 ms. */
export const BURST = 5
const AGREE_MS = 60_000
const LOOK_MS = 100

interface Writing {
  readonly ids: readonly string[]
  readonly writers: number
}

/** Who writes, by what client; the same on every server. */
interface Door {
  readonly id: string
  readonly title: string
  readonly write: (context: BenchContext, running: RunningTarget, writing: Writing) => Promise<Measurement>
}

const doors: readonly Door[] = [
  { id: 'automerge', title: "Through automerge-repo's protocol", write: writeRaw },
  { id: 'repo', title: "Through automerge-repo's own client", write: writeByRepo },
  {
    id: 'doors',
    title: "Sluice's own door beside automerge-repo's",
    write: (context, running, writing) =>
      (running.target.name === 'sluice' ? writeBySync : writeRaw)(context, running, writing),
  },
]

export async function socketWrites(context: BenchContext): Promise<readonly Table[]> {
  const tables: Table[] = []
  for (const door of doors)
    for (const { id, title, ids } of spreads(context)) {
      const most = id === 'hot' ? HOT_WRITERS_MAX : SPREAD_WRITERS
      const writers = Math.min(context.scale.records.writers, most)
      tables.push(
        await context.table(
          `records/${door.id}/${id}`,
          `${door.title}, ${writers} clients and ${title}`,
          context.of('sluice', 'automerge-repo'),
          (target) => writeThrough(context, target, door, { ids, writers }),
        ),
      )
    }
  return tables
}

async function writeThrough(
  context: BenchContext,
  target: Target,
  door: Door,
  writing: Writing,
): Promise<Measurement> {
  const running = await RunningTarget.start(target)
  const measured = await door.write(context, running, writing)
  await running.stop()
  return measured
}

async function writeRaw(
  context: BenchContext,
  running: RunningTarget,
  { ids, writers }: Writing,
): Promise<Measurement> {
  const crew = await context.generator.assemble('record-writers', (part) => ({
    address: running.address,
    writers: shared(context, ids, writers, part),
    ahead: AHEAD,
  }))
  await crew.all('open')
  const measured = await measureWrites(context, running, crew)
  await crew.all('settle')
  await untilAgreed(() => crew.all('heads'))
  await crew.all('close')
  return measured
}

async function writeByRepo(
  context: BenchContext,
  running: RunningTarget,
  { ids, writers }: Writing,
): Promise<Measurement> {
  const crew = await context.generator.assemble('repo-writers', (part) => ({
    address: running.address,
    writers: shared(context, ids, writers, part),
    ahead: ids.length === 1 ? 1 : AHEAD,
    changes: BURST,
  }))
  await crew.all('open')
  const measured = await measureWrites(context, running, crew, BURST)
  await untilAgreed(() => crew.all('heads'))
  await crew.all('close')
  return measured
}

async function writeBySync(
  context: BenchContext,
  running: RunningTarget,
  { ids, writers }: Writing,
): Promise<Measurement> {
  const crew = await context.generator.assemble('sync-writers', (part) => ({
    port: running.port,
    writers: shared(context, ids, writers, part),
    ahead: AHEAD,
  }))
  await crew.all('open')
  const measured = await measureWrites(context, running, crew)
  await crew.all('close')
  return measured
}

type Heads = ReadonlyMap<string, readonly string[]>

/** Heads are hashes of the whole history: who has the same has the same content. @throws Error if they stay different. */
async function untilAgreed(ask: () => Promise<readonly Heads[]>): Promise<void> {
  for (let waited = 0; ; waited += LOOK_MS) {
    const [first, ...others] = await ask()
    const agrees = ([id, heads]: readonly [string, readonly string[]]): boolean =>
      (first?.get(id) ?? heads).join() === heads.join()
    if (others.every((other) => [...other].every(agrees))) return
    if (waited > AGREE_MS) throw new Error('missing deliveries: replicas of a record differ')
    await pause(LOOK_MS)
  }
}
