// One run: clients of three kinds write to one record, with partitions, long times offline, broken connections,
// repeated requests, clocks that are days off, reviewers who decide on what they last read, and restarts.
import type { RecordKey } from '../../shared/record/record-key.ts'
import { decodeVersion } from '../../shared/record/version.ts'
import { SeededRandom } from '../support/seeded-random.ts'
import type { Write } from './oracle.ts'
import { isChange, RawClient, writeRaw } from './raw-client.ts'
import type { World } from './world.ts'

const DAY = 86_400_000
/** Rounds of delivery after which client and server will never come to rest. */
const ROUNDS_MAX = 500
const FIELDS = ['plain', 'edited', 'dose', 'left', 'right', 'stock', 'tags'] as const
type Field = (typeof FIELDS)[number]

/** What a client of REST or upload has read last. */
interface Read {
  readonly etag: string
  readonly heads: readonly string[]
  readonly tags: readonly string[]
}

interface Review {
  readonly id: string
  readonly sides: readonly string[]
  readonly isResolved: boolean
}

type UploadOp = Readonly<Record<string, unknown>>

export class Simulation {
  readonly seed: number
  readonly key: RecordKey
  readonly writes: Write[] = []
  readonly trace: string[] = []
  readonly raw: readonly RawClient[]
  readonly #world: World
  readonly #random: SeededRandom
  readonly #reads = new Map<string, Read>()
  readonly #skews = new Map<string, number>()
  readonly #uploads: { readonly as: string; readonly batch: readonly UploadOp[] }[] = []
  #review: Review | null = null
  #counter = 0

  constructor(world: World, seed: number) {
    this.seed = seed
    this.#world = world
    this.#random = new SeededRandom(seed)
    this.key = { tenant: 'default', collection: 'things', id: `s${seed}` }
    this.raw = Array.from({ length: this.#random.int(1, 3) }, (_, index) => {
      const name = `raw${index}`
      return new RawClient(world, this.key, name, `${(index + 10).toString(16)}`.repeat(32))
    })
    for (const name of ['raw0', 'raw1', 'raw2', 'rest0', 'rest1', 'up0', 'up1'])
      this.#skews.set(name, this.#random.chance(0.4) ? this.#random.int(-3 * DAY, 3 * DAY) : 0)
  }

  get path(): string {
    return `/v1/records/things/${this.key.id}`
  }

  async run(steps: number): Promise<void> {
    await this.#world.call('PUT', this.path, 'admin', {})
    for (let step = 0; step < steps; step++) {
      this.#world.pass(this.#random.chance(0.1) ? this.#random.int(0, 2 * DAY) : this.#random.int(0, 60_000))
      await this.#step()
    }
    for (const client of this.raw) if (!client.isOnline) client.connect()
    await this.#settle()
    for (const client of this.raw) client.disconnect()
    for (const client of this.raw) client.connect()
    await this.#settle()
  }

  async #step(): Promise<void> {
    const roll = this.#random.int(1, 100)
    if (roll <= 34) return this.#editRaw()
    if (roll <= 44) return this.#toggle()
    if (roll <= 62) return this.#patch()
    if (roll <= 70) return this.#read()
    if (roll <= 82) return this.#upload()
    if (roll <= 86) return this.#uploadAgain()
    if (roll <= 90) return this.#lookAtInbox()
    if (roll <= 97) return this.#decide()
    if (roll <= 99 || this.seed % 10 !== 0) return this.#settle()
    return this.#restart()
  }

  free(): void {
    for (const client of this.raw) client.free()
  }

  // Automerge replicas

  async #editRaw(): Promise<void> {
    const client = this.#random.pick(this.raw)
    const fields = this.#someFields()
    const id = this.#nextId()
    const drafts = fields.map((field) => this.#newWrite(id, field, Object.keys(client.doc.tags as object)))
    const made = drafts.filter((write) => isChange(client.doc, write))
    if (made.length === 0) return
    const claimed = this.#clockOf(client.name)
    const edited = client.edit(
      (root) => {
        for (const write of made) writeRaw(root, write)
      },
      JSON.stringify({ w: id }),
      claimed,
    )
    if (edited === null) return
    this.#log(`${client.name} edits ${made.map(({ field }) => field).join()} as ${id}`)
    const claimedAt = Math.floor(claimed / 1_000) * 1_000
    for (const write of made) this.writes.push({ ...write, saw: edited.saw, claimedAt })
    client.speak()
    if (this.#random.chance(0.5)) await this.#settle()
  }

  async #toggle(): Promise<void> {
    const client = this.#random.pick(this.raw)
    this.#log(`${client.name} goes ${client.isOnline ? 'offline' : 'online'}`)
    if (client.isOnline) {
      // Somewhere in the middle of what it was about to hear.
      for (let frames = this.#random.int(0, 3); frames > 0; frames--) client.hear()
      return client.disconnect()
    }
    client.connect()
    if (this.#random.chance(0.7)) await this.#settle()
  }

  // REST

  async #patch(): Promise<void> {
    const as = this.#random.pick(['rest0', 'rest1'])
    const read = this.#random.chance(0.7) ? this.#reads.get(as) : undefined
    const id = this.#nextId()
    const made = this.#someFields().map((field) => this.#newWrite(id, field, read?.tags ?? []))
    const claimedAt = this.#random.chance(0.5) ? this.#clockOf(as) : null
    const headers = {
      'Sluice-Metadata': JSON.stringify({ w: id }),
      'Idempotency-Key': `${this.seed}-${id}`,
      ...(read === undefined ? {} : { 'If-Match': read.etag }),
      ...(claimedAt === null ? {} : { 'Sluice-Edited-At': new Date(claimedAt).toISOString() }),
    }
    const body = Object.fromEntries(made.map((write) => [write.field, patchOf(write)]))
    this.#log(
      `${as} patches ${made.map(({ field }) => field).join()} as ${id} on ${read?.etag ?? 'the present'}`,
    )
    // The same request, once more, while the first is under way or after it.
    const times = this.#random.chance(0.2) ? 2 : 1
    const answers = await Promise.all(
      Array.from({ length: times }, () => this.#world.call('PATCH', this.path, as, body, headers)),
    )
    for (const { status, body: problem } of answers)
      if (status !== 200) throw new Error(`a patch was answered ${status} ${JSON.stringify(problem)}`)
    for (const write of made) this.writes.push({ ...write, saw: read?.heads ?? null, claimedAt })
  }

  async #read(): Promise<void> {
    const as = this.#random.pick(['rest0', 'rest1', 'up0', 'up1'])
    const { etag, body } = await this.#world.call('GET', this.path, as)
    const version = decodeVersion(etag.replaceAll('"', ''))
    if (version !== null) this.#reads.set(as, { etag, heads: version.heads, tags: body.fields.tags })
    this.#log(`${as} reads ${etag}`)
  }

  // Upload

  async #upload(): Promise<void> {
    const as = this.#random.pick(['up0', 'up1'])
    const batch: UploadOp[] = []
    for (let count = this.#random.int(1, 3); count > 0; count--) batch.push(this.#uploadOp(as))
    if (this.#random.chance(0.3)) batch.splice(this.#random.int(0, batch.length), 0, this.#badOp())
    this.#uploads.push({ as, batch })
    await this.#send(as, batch)
  }

  /** A queue that was not acknowledged is sent again, whole, at any later time. */
  async #uploadAgain(): Promise<void> {
    if (this.#uploads.length === 0) return
    const { as, batch } = this.#random.pick(this.#uploads)
    await this.#send(as, batch)
  }

  async #send(as: string, batch: readonly UploadOp[]): Promise<void> {
    this.#log(`${as} uploads ${batch.map((op) => op.op_id).join()}`)
    const { status, body } = await this.#world.call('POST', '/v1/upload', as, { batch } as never)
    if (status !== 200 || body.results.length !== batch.length)
      throw new Error(`an upload was answered ${status} ${JSON.stringify(body)}`)
  }

  #uploadOp(as: string): UploadOp {
    const read = this.#random.chance(0.7) ? this.#reads.get(as) : undefined
    const id = this.#nextId()
    const field = this.#random.pick(['plain', 'edited', 'dose', 'left', 'stock'] as const)
    const write = this.#newWrite(id, field, [])
    const claimedAt = this.#random.chance(0.5) ? this.#clockOf(as) : null
    const sluiceVersion = read?.etag.replaceAll('"', '')
    const metadata = {
      w: id,
      ...(sluiceVersion === undefined ? {} : { sluiceVersion }),
      ...(claimedAt === null ? {} : { editedAt: new Date(claimedAt).toISOString() }),
    }
    this.writes.push({ ...write, saw: read?.heads ?? null, claimedAt })
    // A counter's column has the sum before and after; its author means the difference.
    const before = this.#random.int(-50, 50)
    const data = field === 'stock' ? { stock: before + Number(write.value) } : { [field]: write.value }
    const old = field === 'stock' ? { old: { stock: before } } : {}
    const opId = ++this.#counter
    return { op_id: opId, tx_id: opId, op: 'PATCH', type: 'things', id: this.key.id, data, ...old, metadata }
  }

  #badOp(): UploadOp {
    const opId = ++this.#counter
    const bad = this.#random.pick([
      { type: 'nothing', data: { a: 1 } },
      { type: 'things', id: `never-${this.seed}`, data: { plain: 'x' } },
      { type: 'things', data: { stock: 'many' } },
    ])
    return { op_id: opId, tx_id: opId, op: 'PATCH', id: this.key.id, ...bad }
  }

  // Reviewers

  async #lookAtInbox(): Promise<void> {
    const { body } = await this.#world.call(
      'GET',
      `/v1/conflicts?collection=things&record=${this.key.id}`,
      'eve',
    )
    const [conflict] = body.items.filter(({ kind }: { readonly kind: string }) => kind !== 'dead-letter')
    if (conflict === undefined) return
    const standing = [conflict.incumbent, ...conflict.alongside, ...conflict.challengers]
    const sides = standing.filter((side) => side.supersededBy === null).map(({ id }) => id)
    this.#review = { id: conflict.id, sides, isResolved: conflict.resolution !== null }
  }

  /** On what was read then: it may be stale by now, and is refused. */
  async #decide(): Promise<void> {
    if (this.#review === null || this.#random.chance(0.6)) await this.#lookAtInbox()
    const review = this.#review
    if (review === null) return
    const at = `/v1/conflicts/${review.id}/resolution`
    const headers = { 'Sluice-Metadata': JSON.stringify({ r: this.#nextId() }) }
    const body = { choose: this.#random.pick(review.sides), seen: [...review.sides] }
    const { status } = review.isResolved
      ? await this.#world.call('DELETE', at, 'eve', undefined, headers)
      : await this.#world.call('PUT', at, 'eve', body, headers)
    this.#log(`eve ${review.isResolved ? 'takes back' : 'decides'} ${review.id}: ${status}`)
    if (status !== 200 && status !== 409) throw new Error(`a decision was answered ${status}`)
    this.#review = null
  }

  // The world

  async #restart(): Promise<void> {
    this.#log('the server restarts')
    const online = this.raw.filter((client) => client.isOnline)
    for (const client of online) client.disconnect()
    await this.#world.restart()
    for (const client of online) client.connect()
  }

  /** Delivers until nobody has anything left to say; one client's messages stay in order, clients interleave. */
  async #settle(): Promise<void> {
    for (let silent = 0, rounds = 1; silent < 3; rounds++) {
      if (rounds > ROUNDS_MAX) throw new Error('client and server do not come to rest')
      await this.#world.rooms.record(this.key).read(() => null)
      await new Promise((resolve) => setImmediate(resolve))
      let heard = false
      for (const client of this.#shuffled(this.raw)) heard = client.hear() || heard
      silent = heard ? 0 : silent + 1
    }
  }

  #shuffled<T>(items: readonly T[]): readonly T[] {
    return [...items]
      .map((item) => ({ item, at: this.#random.next() }))
      .sort((a, b) => a.at - b.at)
      .map(({ item }) => item)
  }

  #someFields(): readonly Field[] {
    const first = this.#random.pick(FIELDS)
    const second = this.#random.pick(FIELDS)
    return this.#random.chance(0.3) && second !== first ? [first, second] : [first]
  }

  /** @param tags items that its author has before him. */
  #newWrite(id: string, field: Field, tags: readonly string[]): Write {
    const base = { id, field, saw: null, claimedAt: null }
    if (field === 'stock')
      return { ...base, operation: 'increment', value: this.#random.pick([-3, -2, -1, 1, 2, 3]) }
    if (field === 'tags') {
      if (tags.length > 0 && this.#random.chance(0.3))
        return { ...base, operation: 'remove', value: this.#random.pick(tags) }
      return { ...base, operation: 'add', value: `t${id}` }
    }
    // Now and then two say the same (C2), or say nothing.
    const value = this.#random.chance(0.15) ? this.#random.pick(['same', null]) : `v${id}`
    return { ...base, operation: 'set', value: field === 'left' || field === 'right' ? `v${id}` : value }
  }

  #clockOf(name: string): number {
    return this.#world.time + (this.#skews.get(name) ?? 0)
  }

  #nextId(): string {
    return String(++this.#counter)
  }

  #log(step: string): void {
    this.trace.push(step)
  }
}

function patchOf({ operation, value }: Write): never {
  if (operation === 'increment') return { $increment: value } as never
  if (operation === 'add') return { $add: [value] } as never
  return (operation === 'remove' ? { $remove: [value] } : value) as never
}
