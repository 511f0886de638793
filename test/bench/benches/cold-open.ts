// The first opening of a stored text by a server that has just been started, those that follow, and a crowd that opens a
// large one.
import type { AutomergeUrl } from '@automerge/automerge-repo'
import type { Bench, BenchContext } from '../bench-context.ts'
import { largest, p50, pause, sum } from '../load/measures.ts'
import { seedRepo } from '../load/repo-opener.ts'
import type { Seed } from '../load/seed-text.ts'
import { seedTexts } from '../load/seed-text.ts'
import { typedChunks } from '../load/typed-text.ts'
import type { Measurement, Table } from '../results.ts'
import { GENERATOR } from '../results.ts'
import type { RunningTarget } from '../running-target.ts'
import { StoredData } from '../stored-data.ts'
import { traceAutomerge, traceSeed, tracesArePresent } from '../traces.ts'

const HISTORY = 'automerge-paper'
const PER_UPDATE = 100
const LATER_OPENS = 5
const SETTLE_MS = 300
const JOINED_CHUNK = 1_000_000
const MIB = 2 ** 20
const KIB = 2 ** 10

export const coldOpen: Bench = {
  name: 'cold-open',
  title: 'Cold open',
  method: `The history of a paper (up to 260,000 edits, sent as ${PER_UPDATE} at a time) is stored; then the server is started anew on it, and clients open it one after the other: from connecting to the last character, as bytes received. The floor reads the snapshot from a file and sends it. automerge-repo is opened by its own client, whose time to load the document is included, and keeps the whole history. The crowd opens a text of one author, without history, at the same moment, on a server that has just been started. Each is measured three times at least.`,
  async run(context) {
    const tables: Table[] = []
    const { joiners, joinedBytes } = context.scale.coldOpen
    if (tracesArePresent) tables.push(await openings(context))
    else context.tell('cold-open: the editing histories are missing, so opening one is left out')
    const crowd = crowdSeed(joinedBytes)
    const stored = storedText(crowd)
    tables.push(
      await context.table(
        'cold-open/crowd',
        `${joiners} clients open a text of ${joinedBytes / 1e6} MB at once`,
        context.of('sluice', 'floor', 'y-leveldb', 'hocuspocus'),
        async (target) => openTogether(context, (await stored.start(target)).running, crowd),
        context.coldRounds,
      ),
    )
    return tables
  },
}

const storedText = (seed: Seed): StoredData =>
  new StoredData(async ({ address }) => {
    for (const author of await seedTexts(address, [seed])) author.close()
  })

const crowdSeed = (bytes: number): Seed => ({
  room: 'crowd',
  written: [[1, bytes]],
  digest: null,
  updates: typedChunks(1, bytes, JOINED_CHUNK),
})

async function openings(context: BenchContext): Promise<Table> {
  const options = { edits: context.scale.coldOpen.edits, perUpdate: PER_UPDATE }
  const seed = traceSeed(HISTORY, options)
  const text = storedText(seed)
  const digest = seed.digest ?? ''
  const repo = new StoredData(({ port }) => seedRepo(port, traceAutomerge(HISTORY, options), digest))
  return context.table(
    'cold-open/text',
    'A text with its history, on a server that has just been started',
    context.of('sluice', 'floor', 'y-leveldb', 'hocuspocus', 'automerge-repo'),
    async (target) => {
      if (target.protocol !== 'automerge') return openText(context, (await text.start(target)).running, seed)
      const { running, told: url } = await repo.start(target)
      return openRepo(context, running, { url, digest })
    },
    context.coldRounds,
  )
}

async function openText(context: BenchContext, running: RunningTarget, seed: Seed): Promise<Measurement> {
  await pause(SETTLE_MS)
  const { room, written, digest } = seed
  const open = async (): Promise<Opened> => {
    const crew = await context.generator.assemble('joiners', (part) => ({
      address: running.address,
      texts: part === 0 ? [{ room, written, digest }] : [],
    }))
    const joined = await crew.all('join')
    await crew.all('check')
    await crew.all('close')
    return { ms: sum(joined.flatMap(({ waitsMs }) => waitsMs)), bytes: sum(joined.map(({ bytes }) => bytes)) }
  }
  return tellOpens(running, open)
}

interface Opened {
  readonly ms: number
  readonly bytes: number
}

async function tellOpens(running: RunningTarget, open: () => Promise<Opened>): Promise<Measurement> {
  const before = running.usage().cpuSeconds
  const first = await open()
  const cpu = running.usage().cpuSeconds - before
  const later: number[] = []
  for (let n = 0; n < LATER_OPENS; n++) later.push((await open()).ms)
  const { peakBytes } = running.usage()
  await running.stop()
  return {
    'first open ms': first.ms,
    'later opens ms': p50(later),
    'sent KiB': first.bytes / KIB,
    'server CPU s of the first': cpu,
    'peak memory MiB': peakBytes / MIB,
  }
}

async function openRepo(
  context: BenchContext,
  running: RunningTarget,
  { url, digest }: { readonly url: AutomergeUrl; readonly digest: string },
): Promise<Measurement> {
  await pause(SETTLE_MS)
  const crew = await context.generator.assemble('repo-opener', () => ({ port: running.port, url, digest }))
  return tellOpens(running, () => crew.first('open'))
}

async function openTogether(context: BenchContext, running: RunningTarget, seed: Seed): Promise<Measurement> {
  await pause(SETTLE_MS)
  const { room, written, digest } = seed
  const { generator } = context
  const crew = await generator.assemble('joiners', (part) => ({
    address: running.address,
    texts: generator.share(context.scale.coldOpen.joiners, part).map(() => ({ room, written, digest })),
  }))
  const meter = generator.meter()
  const before = running.usage().cpuSeconds
  const joined = await crew.all('join')
  const { peakBytes, cpuSeconds } = running.usage()
  const percent = await meter.percent()
  await crew.all('check')
  await crew.all('close')
  await running.stop()
  const waits = joined.flatMap(({ waitsMs }) => waitsMs)
  return {
    'everybody has all, ms': largest(waits),
    'half of them, ms': p50(waits),
    'server CPU s': cpuSeconds - before,
    'peak memory MiB': peakBytes / MIB,
    [GENERATOR]: percent,
  }
}
