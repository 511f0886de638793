// One run: people write text and fields over connections that stall, break and linger, on a disk that is slow, full or
// gone, at a server that crashes; devices are lost, requests are repeated. Everything that happens comes from the seed.
import { createHash } from 'node:crypto'
import type { RecordKey } from '../../../shared/record/record-key.ts'
import { SeededRandom } from '../../support/seeded-random.ts'
import { RecordReplica } from './record-replica.ts'
import type { Replica } from './replica.ts'
import { RequestClient } from './request-client.ts'
import type { Stage } from './stage.ts'
import { TextReplica } from './text-replica.ts'
import { Wire } from './wire.ts'

/** Rounds after which a run that has no faults any more has always come to rest. */
const ROUNDS_MAX = 5_000

/** What a lost device had been told is stored. */
export interface Told {
  readonly texts: readonly TextReplica[]
  readonly changes: ReadonlySet<string>
}

export class FaultRun {
  readonly seed: number
  readonly key: RecordKey
  readonly requests: readonly RequestClient[]
  readonly #stage: Stage
  readonly #random: SeededRandom
  readonly #replicas: Replica[]
  /** Every connection that either end still knows of. */
  readonly #wires: Wire[] = []
  readonly #lost: Replica[] = []
  readonly #trace: string[] = []
  readonly #digest = createHash('sha256')
  /** Looks whether what was told is stored; called after every crash. */
  readonly #verify: (run: FaultRun) => Promise<void>
  #names = 0
  #sessions = 0

  constructor(stage: Stage, seed: number, verify: (run: FaultRun) => Promise<void>) {
    this.seed = seed
    this.#stage = stage
    this.#verify = verify
    this.#random = new SeededRandom(seed)
    this.key = { tenant: 'default', collection: 'things', id: `f${seed}` }
    this.#replicas = [
      ...Array.from({ length: this.#random.int(1, 3) }, () => this.#newReplica('yjs')),
      ...Array.from({ length: this.#random.int(1, 2) }, () => this.#newReplica('automerge')),
    ]
    this.requests = ['rest', 'upload'].map((name) => new RequestClient(`${name}-${seed}`, this.key.id))
  }

  get trace(): readonly string[] {
    return this.#trace
  }

  /** A digest of everything that happened, in its order, with every byte that the server has sent. */
  get digest(): string {
    return this.#digest.copy().digest('hex')
  }

  get texts(): readonly TextReplica[] {
    return this.#replicas.filter((one) => one instanceof TextReplica)
  }

  get records(): readonly RecordReplica[] {
    return this.#replicas.filter((one) => one instanceof RecordReplica)
  }

  get told(): Told {
    const all = [...this.#replicas, ...this.#lost]
    const changes = all.flatMap((one) => (one instanceof RecordReplica ? [...one.told] : []))
    return { texts: all.filter((one) => one instanceof TextReplica), changes: new Set(changes) }
  }

  async play(steps: number): Promise<void> {
    await this.#create()
    for (const replica of this.#replicas) this.#connect(replica)
    for (let step = 0; step < steps; step++) {
      this.#stage.pass(this.#random.int(0, 40))
      await this.#step()
      await turn()
    }
    await this.#heal()
  }

  free(): void {
    for (const replica of [...this.#replicas, ...this.#lost]) replica.free()
  }

  async #create(): Promise<void> {
    const { app } = this.#stage.server
    const path = `/v1/records/things/${this.key.id}`
    const headers = { Authorization: 'Bearer admin', 'Content-Type': 'application/json' }
    let status = 0
    void Promise.resolve(app.request(path, { method: 'PUT', headers, body: '{}' })).then((answer) => {
      status = answer.status
    })
    for (; status === 0; this.#stage.disk.finish()) await turn()
    if (status !== 201) throw new Error(`the record could not be created: ${status}`)
  }

  async #step(): Promise<void> {
    const roll = this.#random.int(1, 1_000)
    if (roll <= 520) return this.#deliver()
    if (roll <= 720) return this.#moveDisk()
    if (roll <= 840) return this.#edit('yjs')
    if (roll <= 865) return this.#edit('automerge')
    if (roll <= 880) return this.#ask()
    if (roll <= 915) return this.#proceed()
    if (roll <= 945) return this.#connectOne()
    if (roll <= 953) return this.#cut(this.#random.pick(this.#replicas))
    if (roll <= 972) return this.#stall()
    if (roll <= 985) return this.#hangUp()
    if (roll <= 988) return this.#loseDevice()
    if (roll <= 992) return this.#loseAnswer()
    return this.#crash()
  }

  // The network

  #deliver(): void {
    const busy = this.#wires.filter((wire) => wire.hasNews)
    if (busy.length > 0) this.#deliverOn(this.#random.pick(busy))
  }

  #deliverOn(wire: Wire): void {
    const goesUp = wire.canReachServer && (!wire.canReachClient || this.#random.chance(0.5))
    this.#note(`${goesUp ? 'up' : 'down'} ${this.#wires.indexOf(wire)}`)
    if (goesUp) wire.reachServer()
    else this.#deliverDown(wire)
    this.#sweep()
  }

  #deliverDown(wire: Wire): void {
    const frame = wire.reachClient()
    this.#digest.update(frame ?? 'end')
    const replica = this.#replicas.find((one) => one.wire === wire)
    if (replica === undefined) return
    if (frame !== null) return replica.hear(frame)
    replica.wire = null
    const { goodbye } = wire
    // A failing store is no fault of the client's; anything else would mean that honest bytes were refused.
    if (goodbye !== null && !/store_unavailable|shutting_down/.test(goodbye))
      throw new Error(`the server ended the session of ${replica.name}: ${goodbye}`)
  }

  #connectOne(): void {
    const offline = this.#replicas.filter(({ wire }) => wire === null)
    if (offline.length > 0) this.#connect(this.#random.pick(offline))
  }

  #connect(replica: Replica): void {
    this.#note(`${replica.name} connects`)
    const { server, now } = this.#stage
    const isText = replica.door === 'yjs'
    const wire = new Wire({
      door: isText ? server.textDoor : server.door,
      doorName: replica.door,
      path: isText ? `${this.key.collection}/${this.key.id}` : '',
      subject: replica.name,
      session: `${replica.name}-${++this.#sessions}`,
      now,
    })
    this.#wires.push(wire)
    replica.wire = wire
    replica.greet()
  }

  /** The client gives up; the server goes on reading what is under way until it notices. */
  #cut(replica: Replica): void {
    if (replica.wire === null) return
    this.#note(`${replica.name} gives its connection up`)
    replica.wire.isClientGone = true
    replica.wire = null
  }

  #hangUp(): void {
    const orphaned = this.#wires.filter((wire) => wire.isClientGone)
    if (orphaned.length === 0) return
    const wire = this.#random.pick(orphaned)
    this.#note(`the server notices that ${this.#wires.indexOf(wire)} is gone`)
    wire.hangUp()
    this.#sweep()
  }

  #stall(): void {
    if (this.#wires.length === 0) return
    const stalled = this.#wires.filter((wire) => wire.isStalled)
    const wire = this.#random.pick(stalled.length > 0 && this.#random.chance(0.7) ? stalled : this.#wires)
    wire.isStalled = !wire.isStalled
    this.#note(`${this.#wires.indexOf(wire)} is ${wire.isStalled ? 'cut off' : 'back'}`)
  }

  /** Forgets the connections that are over at both ends. */
  #sweep(): void {
    for (let at = this.#wires.length - 1; at >= 0; at--)
      if (this.#wires[at]?.isOver) this.#wires.splice(at, 1)
  }

  // People

  #edit(door: Replica['door']): void {
    const replica = this.#random.pick(this.#replicas.filter((one) => one.door === door))
    const id = this.#nextName()
    this.#note(`${replica.name} writes ${id}`)
    replica.edit(this.#random, id)
  }

  /** Whatever it had not been told to be stored is lost with it. */
  #loseDevice(): void {
    const at = this.#random.int(0, this.#replicas.length - 1)
    const [device] = this.#replicas.splice(at, 1)
    if (device === undefined) return
    this.#cut(device)
    this.#note(`${device.name} is lost`)
    this.#lost.push(device)
    this.#replicas.push(this.#newReplica(device.door))
  }

  #newReplica(door: Replica['door']): Replica {
    const number = ++this.#names
    if (door === 'yjs') return new TextReplica(`text${number}-${this.seed}`, this.seed * 1_000 + number)
    const actor = createHash('md5').update(`${this.seed}/${number}`).digest('hex')
    return new RecordReplica(`record${number}-${this.seed}`, this.key, actor, this.#stage.time)
  }

  #ask(): void {
    const client = this.#random.pick(this.requests)
    const id = this.#nextName()
    this.#note(`${client.name} asks ${id}`)
    client.ask(this.#random, id)
  }

  #proceed(): void {
    const active = this.requests.filter((client) => client.canProceed)
    if (active.length === 0) return
    const client = this.#random.pick(active)
    this.#note(`${client.name} proceeds`)
    client.proceed(this.#stage)
  }

  #loseAnswer(): void {
    const client = this.#random.pick(this.requests)
    this.#note(`${client.name} hears no answer`)
    client.lose()
  }

  // The server and its disk

  #moveDisk(): void {
    const { disk } = this.#stage
    if (!disk.isBusy) return
    const isFull = this.#random.chance(0.05)
    this.#note(isFull ? 'the disk refuses' : 'the disk writes')
    if (isFull) disk.refuse()
    else disk.finish()
  }

  async #crash(): Promise<void> {
    const isKept = this.#random.chance(0.5)
    this.#note(`the server crashes, and its last commit is ${isKept ? 'kept' : 'lost'}`)
    for (const wire of this.#wires) wire.crash()
    for (const client of this.requests) client.lose()
    await this.#stage.crash(isKept)
    await this.#verify(this)
  }

  /** No faults any more: everybody connects, and everything under way arrives. */
  async #heal(): Promise<void> {
    for (const replica of this.#replicas) this.#cut(replica)
    for (const wire of this.#wires.splice(0)) wire.hangUp()
    for (let silent = 0, rounds = 0; silent < 10; rounds++) {
      if (rounds > ROUNDS_MAX) throw new Error('clients and server do not come to rest')
      this.#stage.pass(2_000)
      for (const replica of this.#replicas) if (replica.wire === null) this.#connect(replica)
      const isBusy = this.#workOff()
      await turn()
      silent = isBusy ? 0 : silent + 1
    }
  }

  #workOff(): boolean {
    const { disk } = this.#stage
    const isBusy = disk.isBusy || this.requests.some((client) => !client.isIdle)
    disk.finish()
    for (const client of this.requests) client.proceed(this.#stage)
    const busy = this.#wires.filter((wire) => wire.hasNews)
    for (const wire of busy) this.#deliverOn(wire)
    return isBusy || busy.length > 0
  }

  #nextName(): string {
    return `${this.seed}-${++this.#names}`
  }

  #note(what: string): void {
    this.#trace.push(what)
    this.#digest.update(`${what}\n`)
  }
}

/** Lets everything that can go on without the simulation go on. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
