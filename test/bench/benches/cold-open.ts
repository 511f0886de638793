// The first opening of a stored text by a server that has just been started, those that follow, and a crowd that opens a
// large one.
import { cpSync } from 'node:fs'
import type { AutomergeUrl } from '@automerge/automerge-repo'
import type { Bench, BenchContext } from '../bench-context.ts'
import { largest, p50, pause, sum } from '../load/measures.ts'
import { seedRepo } from '../load/repo-opener.ts'
import type { Seed } from '../load/seed-text.ts'
import { seedTexts, whenStored } from '../load/seed-text.ts'
import { typedChunks } from '../load/typed-text.ts'
import type { Measurement, Table } from '../results.ts'
import { GENERATOR } from '../results.ts'
import { RunningTarget } from '../running-target.ts'
import { scratchFolder } from '../scratch.ts'
import type { Target } from '../targets.ts'
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
  method: `The history of a paper (up to 260,000 edits, sent as ${PER_UPDATE} at a time) is stored; then the server is started anew on it, and clients open it one after the other: from connecting to the last character, as bytes received. The floor reads the snapshot from a file and sends it. automerge-repo is opened by its own client, whose time to load the document is included, and keeps the whole history. The crowd opens a text of one author, without history, at the same moment, on a server that has just been started.`,
  async run(context) {
    const tables: Table[] = []
    const { joiners, joinedBytes } = context.scale.coldOpen
    if (tracesArePresent) tables.push(await openings(context))
    else context.tell('cold-open: the editing histories are missing, so opening one is left out')
    const crowd = new Stored(crowdSeed(joinedBytes))
    tables.push(
      await context.table(
        'cold-open/crowd',
        `${joiners} clients open a text of ${joinedBytes / 1e6} MB at once`,
        context.of('sluice', 'floor', 'y-leveldb', 'hocuspocus'),
        (target) => openTogether(context, target, crowd),
      ),
    )
    return tables
  },
}

/** Data folders in which one text is stored, one for each server, made when they are first needed. */
class Stored {
  readonly seed: Seed
  readonly #folders = new Map<string, string>()

  constructor(seed: Seed) {
    this.seed = seed
  }

  /** @returns a copy to be opened. */
  async folder(target: Target): Promise<string> {
    const original = this.#folders.get(target.name) ?? (await this.#store(target))
    this.#folders.set(target.name, original)
    const copy = scratchFolder(target.name)
    cpSync(original, copy, { recursive: true })
    return copy
  }

  async #store(target: Target): Promise<string> {
    const data = scratchFolder(target.name)
    const running = await RunningTarget.start(target, { data })
    // The floor keeps one snapshot.
    for (const author of await seedTexts(running.address, [this.seed])) author.close()
    await whenStored(target)
    await running.stop()
    return data
  }
}

const crowdSeed = (bytes: number): Seed => ({
  room: 'crowd',
  written: [[1, bytes]],
  digest: null,
  updates: typedChunks(1, bytes, JOINED_CHUNK),
})

async function openings(context: BenchContext): Promise<Table> {
  const { edits } = context.scale.coldOpen
  const seed = traceSeed(HISTORY, { edits, perUpdate: PER_UPDATE })
  const stored = new Stored(seed)
  const repos = new StoredRepo(edits, seed.digest ?? '')
  return context.table(
    'cold-open/text',
    'A text with its history, on a server that has just been started',
    context.of('sluice', 'floor', 'y-leveldb', 'hocuspocus', 'automerge-repo'),
    (target) =>
      target.protocol === 'automerge' ? openRepo(context, target, repos) : openText(context, target, stored),
  )
}

async function openText(context: BenchContext, target: Target, stored: Stored): Promise<Measurement> {
  const running = await RunningTarget.start(target, { data: await stored.folder(target) })
  await pause(SETTLE_MS)
  const { room, written, digest } = stored.seed
  const open = async (): Promise<{ readonly ms: number; readonly bytes: number }> => {
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

async function tellOpens(
  running: RunningTarget,
  open: () => Promise<{ readonly ms: number; readonly bytes: number }>,
): Promise<Measurement> {
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

class StoredRepo {
  readonly digest: string
  readonly #edits: number
  #made: { readonly data: string; readonly url: AutomergeUrl } | null = null

  constructor(edits: number, digest: string) {
    this.#edits = edits
    this.digest = digest
  }

  async open(target: Target): Promise<{ readonly data: string; readonly url: AutomergeUrl }> {
    this.#made ??= await this.#store(target)
    const data = scratchFolder(target.name)
    cpSync(this.#made.data, data, { recursive: true })
    return { data, url: this.#made.url }
  }

  async #store(target: Target): Promise<{ readonly data: string; readonly url: AutomergeUrl }> {
    const saved = traceAutomerge(HISTORY, { edits: this.#edits, perUpdate: PER_UPDATE })
    const data = scratchFolder(target.name)
    const running = await RunningTarget.start(target, { data })
    const url = await seedRepo(running.port, saved, this.digest)
    await whenStored(target)
    await running.stop()
    return { data, url }
  }
}

async function openRepo(context: BenchContext, target: Target, repos: StoredRepo): Promise<Measurement> {
  const { data, url } = await repos.open(target)
  const running = await RunningTarget.start(target, { data })
  await pause(SETTLE_MS)
  const crew = await context.generator.assemble('repo-opener', () => ({
    port: running.port,
    url,
    digest: repos.digest,
  }))
  return tellOpens(running, () => crew.first('open'))
}

async function openTogether(context: BenchContext, target: Target, stored: Stored): Promise<Measurement> {
  const running = await RunningTarget.start(target, { data: await stored.folder(target) })
  await pause(SETTLE_MS)
  const { room, written, digest } = stored.seed
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
