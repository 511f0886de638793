// Fields of records: how many changes a second are on disk, through which door, and how many reads are answered.
import type { Bench, BenchContext } from '../bench-context.ts'
import type { HttpAnswer } from '../load/http-connection.ts'
import { etagOf, HttpConnection } from '../load/http-connection.ts'
import { p50, p99, pause, sum } from '../load/measures.ts'
import type { Expected, Written } from '../load/rest-writers.ts'
import type { Measurement, Table } from '../results.ts'
import { GENERATOR } from '../results.ts'
import { RunningTarget } from '../running-target.ts'
import { StoredData } from '../stored-data.ts'
import type { Target } from '../targets.ts'
import { targets } from '../targets.ts'

/** Who writes through automerge-repo to one record: each has to hear all others. */
const HOT_WRITERS_MAX = 4
/** Sockets over which the records are spread: a server may limit the documents of one. */
const SPREAD_WRITERS = 20
const AHEAD = 4
const AGREE_MS = 60_000
const LOOK_MS = 100
const THOUSAND = 1_000

export const records: Bench = {
  name: 'records',
  title: 'Records',
  method: `One field of a record is written again and again; a change counts when it is answered. REST: each of the clients writes when his last write is answered, which here means that it is on disk, as for plain SQLite rows behind the same HTTP library. automerge-repo: raw clients of its protocol, ${AHEAD} changes of each on their way; a change is answered when the server names heads that contain it, which with Sluice means that it is on disk, and with automerge-repo's own server that it is in memory. Afterwards every record is read and compared. Reads: beside Sluice stands the same HTTP library, which answers the same bytes from memory.`,
  async run(context) {
    const stored = storedRecords(context)
    return [
      ...(await restWrites(context, stored)),
      ...(await repoWrites(context)),
      ...(await reads(context, stored)),
    ]
  },
}

interface Spread {
  readonly id: 'hot' | 'many'
  readonly title: string
  readonly ids: readonly string[]
}

function spreads({ scale }: BenchContext): readonly Spread[] {
  const ids = Array.from({ length: scale.records.records }, (_, index) => `r-${index}`)
  return [
    { id: 'hot', title: 'one record', ids: ids.slice(0, 1) },
    { id: 'many', title: `${ids.length} records`, ids },
  ]
}

/** @returns for each writer of a process the ids that are his; all write to the one if there is one. */
function shared(
  context: BenchContext,
  ids: readonly string[],
  writers: number,
  part: number,
): readonly string[][] {
  return context.generator
    .share(writers, part)
    .map((writer) => (ids.length === 1 ? [...ids] : ids.filter((_, index) => index % writers === writer)))
}

const rateOf = (parts: readonly Written[]): number =>
  sum(parts.map(({ waitsMs, elapsedSeconds }) => waitsMs.length / elapsedSeconds))

const figures = (written: readonly Written[]): Measurement => {
  const waits = written.flatMap(({ waitsMs }) => waitsMs)
  return {
    'changes/s': rateOf(written),
    'ack p50 ms': p50(waits),
    'ack p99 ms': p99(waits),
  }
}

async function restWrites(context: BenchContext, stored: Stored): Promise<readonly Table[]> {
  const { writers } = context.scale.records
  const tables: Table[] = []
  for (const { id, title, ids } of spreads(context))
    tables.push(
      await context.table(
        `records/rest/${id}`,
        `Through REST, ${writers} clients and ${title}`,
        context.of('sluice', 'rows'),
        async (target) => writeByRest(context, (await stored.start(target)).running, ids),
      ),
    )
  return tables
}

/** With what is stored goes what Sluice answers to each path that is read: the same for all copies of its data. */
type Stored = StoredData<ReadonlyMap<string, HttpAnswer>>

/** All records, created through REST. */
const storedRecords = (context: BenchContext): Stored =>
  new StoredData(async ({ port, target }) => {
    const [, many] = spreads(context)
    const crew = await context.generator.assemble('rest-writers', (part) => ({
      port,
      part,
      writers: shared(context, many?.ids ?? [], SPREAD_WRITERS, part),
    }))
    await crew.all('create')
    await crew.all('close')
    const answers = new Map<string, HttpAnswer>()
    if (target.name !== 'sluice') return answers
    const connection = new HttpConnection(port)
    for (const { path } of requestsOf(context))
      answers.set(path, await connection.ask({ method: 'GET', path }))
    connection.close()
    return answers
  })

async function writeByRest(
  context: BenchContext,
  running: RunningTarget,
  ids: readonly string[],
): Promise<Measurement> {
  const { generator, seconds, scale } = context
  const crew = await generator.assemble('rest-writers', (part) => ({
    port: running.port,
    part,
    writers: shared(context, ids, scale.records.writers, part),
  }))
  await crew.all('write', { seconds: context.warmUpSeconds })
  const meter = generator.meter()
  const before = running.usage().cpuSeconds
  const written = await crew.all('write', { seconds })
  const cpu = running.usage().cpuSeconds - before
  const percent = await meter.percent()
  await crew.first('check', joinExpected(await crew.all('expected')))
  await crew.all('close')
  await running.stop()
  const count = sum(written.map(({ waitsMs }) => waitsMs.length))
  return {
    ...figures(written),
    'server CPU ms per change': (cpu / count) * THOUSAND,
    [GENERATOR]: percent,
  }
}

function joinExpected(parts: readonly Expected[]): Expected {
  const joined = new Map<string, readonly number[]>()
  for (const part of parts)
    for (const [id, prices] of part) joined.set(id, [...(joined.get(id) ?? []), ...prices])
  return joined
}

async function repoWrites(context: BenchContext): Promise<readonly Table[]> {
  const { writers } = context.scale.records
  const tables: Table[] = []
  for (const { id, title, ids } of spreads(context)) {
    const count = Math.min(writers, id === 'hot' ? HOT_WRITERS_MAX : SPREAD_WRITERS)
    tables.push(
      await context.table(
        `records/automerge/${id}`,
        `Through automerge-repo, ${count} clients and ${title}`,
        context.of('sluice', 'automerge-repo'),
        (target) => writeByRepo(context, target, { ids, count }),
      ),
    )
  }
  return tables
}

async function writeByRepo(
  context: BenchContext,
  target: Target,
  { ids, count }: { readonly ids: readonly string[]; readonly count: number },
): Promise<Measurement> {
  const running = await RunningTarget.start(target)
  const { generator, seconds } = context
  const crew = await generator.assemble('record-writers', (part) => ({
    address: running.address,
    writers: shared(context, ids, count, part),
    ahead: AHEAD,
  }))
  await crew.all('open')
  await crew.all('write', { seconds: context.warmUpSeconds })
  const meter = generator.meter()
  const before = running.usage().cpuSeconds
  const written = await crew.all('write', { seconds })
  const cpu = running.usage().cpuSeconds - before
  const percent = await meter.percent()
  await crew.all('settle')
  await untilAgreed(() => crew.all('heads'))
  await crew.all('close')
  await running.stop()
  const changes = sum(written.map(({ waitsMs }) => waitsMs.length))
  return {
    ...figures(written),
    'server CPU ms per change': (cpu / changes) * THOUSAND,
    [GENERATOR]: percent,
  }
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

function requestsOf({ scale }: BenchContext) {
  const path = '/v1/records/items/r-1'
  const { listed } = scale.records
  return [
    { id: 'record', title: 'a record', path, withTag: false },
    { id: 'list', title: `a list of ${listed}`, path: `/v1/records/items?limit=${listed}`, withTag: false },
    { id: 'unchanged', title: 'a record that is unchanged (304)', path, withTag: true },
  ]
}

async function reads(context: BenchContext, stored: Stored): Promise<readonly Table[]> {
  const tables: Table[] = []
  for (const { id, title, path, withTag } of requestsOf(context))
    tables.push(
      await context.table(
        `records/reads/${id}`,
        `Reading ${title} through REST, ${context.scale.records.readers} clients`,
        context.of('sluice', 'constant'),
        async (target) => {
          const answer = (await stored.told(targets.sluice)).get(path)
          if (answer === undefined) throw new RangeError(`${path} was not read`)
          const isSluice = target.name === 'sluice'
          const running = isSluice ? (await stored.start(target)).running : await RunningTarget.start(target)
          if (!isSluice) await teach(running, path, answer)
          return read(context, running, { path, etag: withTag ? etagOf(answer) : null, answer })
        },
      ),
    )
  return tables
}

async function teach({ port }: RunningTarget, path: string, answer: HttpAnswer): Promise<void> {
  const connection = new HttpConnection(port)
  const body = JSON.stringify({ path, body: String(answer.body), etag: etagOf(answer) ?? undefined })
  await connection.ask({ method: 'PUT', path: '/constant', body })
  connection.close()
}

async function read(
  context: BenchContext,
  running: RunningTarget,
  asked: { readonly path: string; readonly etag: string | null; readonly answer: HttpAnswer },
): Promise<Measurement> {
  const { generator, seconds, scale } = context
  const crew = await generator.assemble('rest-readers', (part) => ({
    port: running.port,
    readers: generator.share(scale.records.readers, part).length,
    path: asked.path,
    etag: asked.etag,
    body: String(asked.answer.body),
  }))
  await crew.all('read', { seconds: context.warmUpSeconds })
  const meter = generator.meter()
  const before = running.usage().cpuSeconds
  const answered = await crew.all('read', { seconds })
  const waits = answered.flatMap(({ waitsMs }) => waitsMs)
  const cpu = running.usage().cpuSeconds - before
  const percent = await meter.percent()
  await crew.all('close')
  await running.stop()
  return {
    'requests/s': rateOf(answered),
    'p99 ms': p99(waits),
    'server CPU ms per request': (cpu / waits.length) * THOUSAND,
    [GENERATOR]: percent,
  }
}
