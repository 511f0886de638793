// What opening and writing cost at one, ten and a hundred times the history.
import * as Automerge from '@automerge/automerge'
import * as Y from 'yjs'
import { newRecord } from '../../../client/new-record.ts'
import type { BenchContext } from '../bench-context.ts'
import { pause } from '../load/measures.ts'
import { ReceivedUpdates } from '../load/received-updates.ts'
import type { RecordDoc } from '../load/record-client.ts'
import { RecordClient } from '../load/record-client.ts'
import type { Seed } from '../load/seed-text.ts'
import { seedTexts } from '../load/seed-text.ts'
import { everybodyHas, TextClient } from '../load/text-client.ts'
import { typedUpdates } from '../load/typed-text.ts'
import type { Measurement, Table } from '../results.ts'
import type { RunningTarget } from '../running-target.ts'
import config from '../sluice.config.ts'
import { StoredData } from '../stored-data.ts'

/** The first is not measured. */
const KINDS = [
  { name: 'warm-up', times: 1 },
  { name: '1 ×', times: 1 },
  { name: '10 ×', times: 10 },
  { name: '100 ×', times: 100 },
] as const
const WRITE_EVERY_MS = 4
const EDITS_PER_UPDATE = 100
const TEXT_LENGTH = 1_000
/** Changes that are brought at a time: there is a limit to what one message may hold. */
const CHANGES_AT_ONCE = 1_000
const ARRIVE_MS = 60_000
const THOUSAND = 1_000

interface Subject {
  open(copy: string): Promise<void>
  /** Writes as often as the scale says, and waits until all of it is known to be there. */
  write(copy: string): Promise<void>
}

type Amount = BenchContext['scale']['growth']

/** CPU of the server for one opening and one write, by kind, and how it grows. */
async function costs(
  running: RunningTarget,
  subject: Subject,
  { copies, writes, settleMs }: Amount,
): Promise<Measurement> {
  const measured: Record<string, number> = {}
  const spent = async (work: (copy: string) => Promise<void>, kind: string): Promise<number> => {
    await pause(settleMs)
    const before = await running.cpuSeconds()
    for (const copy of copiesOf(kind, copies)) await work(copy)
    return ((await running.cpuSeconds()) - before) * THOUSAND
  }
  for (const { name } of KINDS) {
    measured[`open CPU ms at ${name}`] = (await spent(subject.open, name)) / copies
    measured[`write CPU ms at ${name}`] = (await spent(subject.write, name)) / copies / writes
  }
  const growthOf = (what: string): number =>
    (measured[`${what} CPU ms at 100 ×`] ?? Number.NaN) / (measured[`${what} CPU ms at 1 ×`] ?? Number.NaN)
  const [open, write] = [growthOf('open'), growthOf('write')]
  const kept = Object.entries(measured).filter(([figure]) => !figure.endsWith('warm-up'))
  return {
    ...Object.fromEntries(kept.sort(([a], [b]) => (a[0] ?? '').localeCompare(b[0] ?? ''))),
    'open CPU, 100 × to 1 ×': open,
    'write CPU, 100 × to 1 ×': write,
  }
}

/** Rooms, or record ids. */
const copiesOf = (kind: string, copies: number): readonly string[] =>
  Array.from({ length: copies }, (_, copy) => `${kind.replace(' ×', '')}-${copy}`)

export async function textCosts(context: BenchContext): Promise<Table> {
  const amount = context.scale.growth
  const { edits, copies } = amount
  const seeds = KINDS.flatMap(({ name, times }) => {
    const updates = revisions(edits * times)
    const written = [[1, edits * times]] as const
    return copiesOf(name, copies).map((room): Seed => ({ room, written, digest: null, updates }))
  })
  const stored = new StoredData(async ({ address }) => {
    for (const author of await seedTexts(address, seeds)) author.close()
  })
  return context.table(
    'growth/text',
    `A text of ${TEXT_LENGTH} characters after ${edits} edits, ten and a hundred times as many`,
    context.of('sluice', 'limit', 'y-leveldb', 'hocuspocus'),
    async (target) => {
      const { running } = await stored.start(target)
      const measured = await costs(running, textSubject(running, seeds, amount), amount)
      await running.stop()
      return measured
    },
  )
}

/** Updates of somebody who goes on writing at the end and deleting at the start. */
function revisions(edits: number): readonly Uint8Array[] {
  const doc = new Y.Doc()
  doc.clientID = 1
  const updates: Uint8Array[] = []
  doc.on('update', (update: Uint8Array) => updates.push(update))
  const text = doc.getText('body')
  for (let from = 0; from < edits; from += EDITS_PER_UPDATE)
    doc.transact(() => {
      for (let edit = from; edit < Math.min(from + EDITS_PER_UPDATE, edits); edit++) {
        text.insert(text.length, String(edit % 10))
        if (text.length > TEXT_LENGTH) text.delete(0, 1)
      }
    })
  doc.destroy()
  return updates
}

function textSubject(running: RunningTarget, seeds: readonly Seed[], { writes }: Amount): Subject {
  const read = async (room: string): Promise<TextClient> => {
    const client = new TextClient(running.address, room, new ReceivedUpdates(false))
    await client.synced()
    const written = seeds.find((seed) => seed.room === room)?.written ?? []
    await everybodyHas([client], () => written, ARRIVE_MS)
    return client
  }
  return {
    async open(room) {
      ;(await read(room)).close()
    },
    async write(room) {
      const [author, reader] = [await read(room), await read(room)]
      const id = seeds.findIndex((seed) => seed.room === room) + 2
      for (const update of typedUpdates(id, writes)) {
        author.type(update)
        await pause(WRITE_EVERY_MS)
      }
      const written = seeds.find((seed) => seed.room === room)?.written ?? []
      await everybodyHas([reader], () => [...written, [id, writes]], ARRIVE_MS)
      author.close()
      reader.close()
    },
  }
}

export async function recordCosts(context: BenchContext): Promise<Table> {
  const amount = context.scale.growth
  const { changes, copies } = amount
  const stored = new StoredData(async (running) => {
    const client = await connect(running)
    for (const { name, times } of KINDS)
      for (const copy of copiesOf(name, copies)) await bringRecord(client, copy, changes * times)
    client.close()
  })
  return context.table(
    'growth/record',
    `A record after ${changes} changes, ten and a hundred times as many, through automerge-repo`,
    context.of('sluice', 'automerge-repo'),
    async (target) => {
      const { running } = await stored.start(target)
      const measured = await costs(running, recordSubject(running, amount), amount)
      await running.stop()
      return measured
    },
  )
}

async function connect({ address }: RunningTarget): Promise<RecordClient> {
  const path = address.name === 'sluice' ? '/automerge' : '/'
  const client = new RecordClient(`ws://127.0.0.1:${address.port}${path}`)
  await client.joined()
  return client
}

const recordOf = (id: string) => newRecord(config, { collection: 'items', id })

/** Stores a record that has been changed so often. */
async function bringRecord(client: RecordClient, id: string, changes: number): Promise<void> {
  const { documentId, binary } = recordOf(id)
  await client.bring(documentId, Automerge.load(binary) as RecordDoc)
  for (let from = 0; from < changes; from += CHANGES_AT_ONCE)
    await client.changeAll(documentId, (doc) => {
      let next = doc
      for (let change = from; change < Math.min(from + CHANGES_AT_ONCE, changes); change++)
        next = Automerge.change(next, (draft) => {
          draft.price = change + 1
        })
      return next
    })
}

function recordSubject(running: RunningTarget, { changes, copies, writes }: Amount): Subject {
  const priceOf = (id: string): number =>
    changes * (KINDS.find(({ name }) => copiesOf(name, copies).includes(id))?.times ?? 0)
  const open = async (id: string): Promise<RecordClient> => {
    const client = await connect(running)
    const doc = await client.find(recordOf(id).documentId, (found) => found.price === priceOf(id))
    if (doc.price !== priceOf(id)) throw new Error(`wrong content: ${id}`)
    return client
  }
  return {
    async open(id) {
      ;(await open(id)).close()
    },
    async write(id) {
      const client = await open(id)
      const { documentId } = recordOf(id)
      for (let n = 1; n <= writes; n++)
        await client.change(documentId, (draft) => {
          draft.price = -n
        })
      client.close()
    },
  }
}
