// What a client costs in a browser: until something is shown, to come back when nothing is new, and to be loaded.
import type { Bench, BenchContext } from '../bench-context.ts'
import { pageFiles, sizeOf } from '../clients/client-bundle.ts'
import { ClientPages } from '../clients/client-page.ts'
import { CountingRelay } from '../clients/counting-relay.ts'
import type { Opening } from '../clients/run-client.ts'
import { p50 } from '../load/measures.ts'
import type { Measurement } from '../results.ts'
import { RunningTarget } from '../running-target.ts'
import type { Target } from '../targets.ts'

const QUIET_MS = 1_500
const PATIENCE_MS = 60_000
const KILO = 1_000

export const clients: Bench = {
  name: 'clients',
  title: 'Clients',
  method: `Each client runs in Chromium, bundled and minified by esbuild, with its storage in IndexedDB: Sluice's SDK, y-websocket with y-indexeddb, Hocuspocus' provider with y-indexeddb, automerge-repo with its storage and its WebAssembly as a file; a page names the scripts that it needs at once, as build tools write it. A text of 20,000 characters in 200 pieces, or a record of four fields, is written in one browser; then it is opened some times on new devices, and as often on one that has it (the medians count), from opening the page until all of it is shown, loading and running the script included. The servers stand on the same machine, so of the network only round trips in memory are in it. Then the connection is broken off, and what passes until the client is back and silent for ${QUIET_MS / KILO} s is counted: everything above TCP, both ways, the upgrade included. Sizes are what an app loads for the client alone, compressed with gzip.`,
  async run(context) {
    const contestants = context.of('sluice', 'y-websocket', 'hocuspocus', 'automerge-repo')
    const kinds = { text: 'A text', record: 'A record' } as const
    const [text, record] = [await measured(context, 'text'), await measured(context, 'record')]
    const sizes = await context.table('clients/size', 'What an app loads', contestants, measureSize, 1)
    return [text, record, sizes]

    function measured(context: BenchContext, kind: Opening['kind']) {
      const title = `${kinds[kind]} in a browser`
      return context.table(`clients/${kind}`, title, contestants, (target) =>
        measureClient(context, target, kind),
      )
    }
  },
}

async function measureSize({ name }: Target): Promise<Measurement> {
  const [record, text] = [await sizeOf(name, 'record'), await sizeOf(name, 'text')]
  return {
    'for records, at once, kB': record.atOnce / KILO,
    'for records, in all, kB': record.inAll / KILO,
    'for texts, at once, kB': text.atOnce / KILO,
    'for texts, in all, kB': text.inAll / KILO,
  }
}

async function measureClient(
  context: BenchContext,
  target: Target,
  kind: Opening['kind'],
): Promise<Measurement> {
  const running = await RunningTarget.start(target)
  const relay = new CountingRelay(running.port)
  const pages = await ClientPages.start(await pageFiles(target.name, kind))
  try {
    const port = String(await relay.listen())
    const document = await write(pages, relay, { port, kind, document: '' })
    return await measureOpens(pages, relay, { port, kind, document }, context.scale.clients.opens)
  } finally {
    await pages.close()
    relay.close()
    await running.stop()
  }
}

/** @returns the document's name, when the server has all of it. */
async function write(pages: ClientPages, relay: CountingRelay, opening: Opening): Promise<string> {
  const author = await pages.newDevice()
  const { document } = await pages.open(author, { ...opening, writes: true })
  await relay.quiet(QUIET_MS, PATIENCE_MS)
  await author.close()
  return document
}

async function measureOpens(
  pages: ClientPages,
  relay: CountingRelay,
  opening: Opening,
  opens: number,
): Promise<Measurement> {
  const first: number[] = []
  for (let n = 0; n < opens; n++) {
    const device = await pages.newDevice()
    first.push((await pages.open(device, opening)).shownMs)
    await device.close()
  }
  const device = await pages.newDevice()
  await pages.open(device, opening)
  await relay.quiet(QUIET_MS, PATIENCE_MS)
  const again: number[] = []
  for (let n = 0; n < opens; n++) {
    for (const page of device.pages()) await page.close()
    again.push((await pages.open(device, opening)).shownMs)
    await relay.quiet(QUIET_MS, PATIENCE_MS)
  }
  const bytes = await relay.reconnect(QUIET_MS, PATIENCE_MS)
  return {
    'first content, new device, ms': p50(first),
    'first content, stored, ms': p50(again),
    'reconnect with nothing new, bytes': bytes,
  }
}
