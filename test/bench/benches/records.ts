// Fields of records: how many changes a second are on disk, through which door, and how many reads are answered.
import type { Bench, BenchContext } from '../bench-context.ts'
import type { HttpAnswer } from '../load/http-connection.ts'
import { etagOf, HttpConnection } from '../load/http-connection.ts'
import { p99 } from '../load/measures.ts'
import type { Expected } from '../load/rest-writers.ts'
import type { Measurement, Table } from '../results.ts'
import { GENERATOR } from '../results.ts'
import { RunningTarget } from '../running-target.ts'
import { StoredData } from '../stored-data.ts'
import { targets } from '../targets.ts'
import { AHEAD, BURST, SPREAD_WRITERS, socketWrites } from './record-doors.ts'
import { measureWrites, rateOf, shared, spreads } from './record-load.ts'

const THOUSAND = 1_000

export const records: Bench = {
  name: 'records',
  title: 'Records',
  method: `One field of a record is written again and again; a change counts when it is answered. REST: each of the clients writes when his last write is answered, which here means that it is on disk, as for plain SQLite rows behind the same HTTP library. automerge-repo's protocol: raw clients of it, ${AHEAD} changes of each on their way; a change is answered when the server names heads that contain it, which with Sluice means that it is on disk, and with automerge-repo's own server that it is in memory. automerge-repo's own client, as it is published, sends what has gathered every 100 ms, so its users make ${BURST} changes at once and wait until the server has them; what it costs the generator is beside it. Each server's own door: Sluice's sync door by the connection of its SDK, automerge-repo's by the raw clients, as many changes on their way. automerge-repo's server is started with a keepalive that ends nothing, since at its ceiling it drops clients that are there; what it has not answered 20 s after the last change was made does not count as a change, and as having waited so long. Plain rows set a column and answer. A change here is authored as an Automerge change (encoded, decoded and hashed), judged by what its author had seen, chained to the journal, and written there, to the change log with who, when and through which door, to the record's answer and to its table; with many records, each is first loaded. That is what history, conflicts and replicas cost. Afterwards every record is read and compared. Reads: beside Sluice stands the same HTTP library, which answers the same bytes from memory.`,
  async run(context) {
    const stored = storedRecords(context)
    return [
      ...(await restWrites(context, stored)),
      ...(await socketWrites(context)),
      ...(await reads(context, stored)),
    ]
  },
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
  const { generator, scale } = context
  const crew = await generator.assemble('rest-writers', (part) => ({
    port: running.port,
    part,
    writers: shared(context, ids, scale.records.writers, part),
  }))
  const measured = await measureWrites(context, running, crew)
  await crew.first('check', joinExpected(await crew.all('expected')))
  await crew.all('close')
  await running.stop()
  return measured
}

function joinExpected(parts: readonly Expected[]): Expected {
  const joined = new Map<string, readonly number[]>()
  for (const part of parts)
    for (const [id, prices] of part) joined.set(id, [...(joined.get(id) ?? []), ...prices])
  return joined
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
