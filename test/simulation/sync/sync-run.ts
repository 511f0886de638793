// One run: people change records over connections that stall, break and go silent, at a server that crashes, on a disk
// that is slow or full, with tokens that expire. Everything that happens comes from the seed.
import { SYNC_PROTOCOL } from '../../../shared/sync/messages.ts'
import { SeededRandom } from '../../support/seeded-random.ts'
import type { Stage } from '../faults/stage.ts'
import { Wire } from '../faults/wire.ts'
import type { SimulatedSocket } from './simulated-socket.ts'
import { SyncUser } from './sync-user.ts'

const ROUNDS_MAX = 3_000

export class SyncRun {
  readonly users: readonly SyncUser[]
  readonly trace: string[] = []
  readonly #stage: Stage
  readonly #random: SeededRandom
  readonly #seed: number
  #sessions = 0
  #changes = 0

  constructor(stage: Stage, seed: number) {
    this.#stage = stage
    this.#seed = seed
    this.#random = new SeededRandom(seed)
    this.users = Array.from({ length: this.#random.int(1, 3) }, (_, at) => this.#newUser(`u${at}-${seed}`))
  }

  async play(steps: number): Promise<void> {
    for (let step = 0; step < steps; step++) {
      this.#pass(this.#random.int(0, 40))
      await this.#step()
      await turn()
    }
    await this.#heal()
  }

  async #step(): Promise<void> {
    const roll = this.#random.int(1, 1_000)
    if (roll <= 600) return this.#deliver()
    if (roll <= 780) return this.#moveDisk()
    if (roll <= 920) return this.#edit()
    if (roll <= 950) return this.#stall()
    if (roll <= 965) return this.#breakOff()
    if (roll <= 975) return this.#expire()
    if (roll <= 985) return this.#pass(1_500)
    if (roll <= 992) return this.#stopAndStart()
    return this.#crash()
  }

  #newUser(name: string): SyncUser {
    const wire = (): Wire =>
      new Wire({
        door: this.#stage.server.syncDoor,
        doorName: 'sync',
        path: String(SYNC_PROTOCOL),
        subject: name,
        session: `${name}-${++this.#sessions}`,
        now: this.#stage.now,
      })
    return new SyncUser(name, `shared-${this.#seed}`, this.#stage.time, this.#random, wire)
  }

  get #sockets(): readonly SimulatedSocket[] {
    return this.users.flatMap(({ sockets }) => sockets).filter(({ wire }) => !wire.isOver)
  }

  #pass(ms: number): void {
    this.#stage.pass(ms)
    for (const user of this.users) user.ring()
  }

  #deliver(): void {
    const open = this.#sockets.filter(({ wire }) => !wire.isStalled)
    if (open.length > 0) this.#deliverOn(this.#random.pick(open))
  }

  #deliverOn(socket: SimulatedSocket): void {
    const { wire } = socket
    const goesUp = wire.canReachServer && (!wire.canReachClient || this.#random.chance(0.5))
    if (goesUp) wire.reachServer()
    else if (wire.canReachClient) socket.read()
    else socket.open()
  }

  #edit(): void {
    const user = this.#random.pick(this.users)
    const id = `c${this.#seed}-${++this.#changes}`
    this.#note(`${user.name} writes ${id}`)
    user.edit(this.#random, id)
  }

  /** Nothing gets through, and nobody is told: only silence shows it. */
  #stall(): void {
    if (this.#sockets.length === 0) return
    const { wire } = this.#random.pick(this.#sockets)
    wire.isStalled = !wire.isStalled
    this.#note(`a wire is ${wire.isStalled ? 'silent' : 'back'}`)
  }

  #breakOff(): void {
    if (this.#sockets.length === 0) return
    this.#note('a wire breaks')
    this.#random.pick(this.#sockets).wire.hangUp()
  }

  #expire(): void {
    if (this.#sockets.length === 0) return
    this.#note('a token expires')
    this.#random.pick(this.#sockets).wire.expire()
  }

  #stopAndStart(): void {
    const { connection, name } = this.#random.pick(this.users)
    this.#note(`${name} stops, and starts`)
    connection.stop()
    connection.start()
  }

  #moveDisk(): void {
    const { disk } = this.#stage
    if (!disk.isBusy) return
    if (this.#random.chance(0.05)) disk.refuse()
    else disk.finish()
  }

  async #crash(): Promise<void> {
    const isKept = this.#random.chance(0.5)
    this.#note(`the server crashes, and its last commit is ${isKept ? 'kept' : 'lost'}`)
    for (const { wire } of this.#sockets) wire.crash()
    await this.#stage.crash(isKept)
  }

  /** No more faults: what is under way arrives. Who has lost his connection without being told has to find out. */
  async #heal(): Promise<void> {
    for (let silent = 0, rounds = 0; silent < 20; rounds++) {
      if (rounds > ROUNDS_MAX) throw new Error('clients and server do not come to rest')
      this.#pass(100)
      // Tokens that expired twice in a row have stopped him: he signs in again.
      for (const { connection } of this.users) if (connection.status.name === 'stopped') connection.start()
      const { disk } = this.#stage
      const isBusy =
        disk.isBusy ||
        this.users.some(
          ({ connection, held }) =>
            connection.status.name !== 'online' || held.some(({ unanswered }) => unanswered.length > 0),
        )
      disk.finish()
      for (const socket of this.#sockets) if (!socket.wire.isStalled) this.#deliverOn(socket)
      await turn()
      silent = isBusy ? 0 : silent + 1
    }
  }

  #note(what: string): void {
    this.trace.push(what)
  }
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
