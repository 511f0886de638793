// A client of REST and upload: it has one request under way at a time, and repeats it until it is answered. The request
// may never arrive, and the answer may be lost.
import type { SeededRandom } from '../../support/seeded-random.ts'
import type { Stage } from './stage.ts'

interface Request {
  readonly id: string
  readonly method: 'PATCH' | 'POST'
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: unknown
}

/** What the request adds to the counter, once and only once. */
export interface Order {
  readonly id: string
  readonly amount: number
}

/** `waiting`: to be sent. `sent`: under way to the server, or in it. `answered`: the answer is under way. */
type Progress =
  | { readonly name: 'waiting' }
  | { readonly name: 'sent' }
  | { readonly name: 'answered'; readonly status: number; readonly text: string }

export class RequestClient {
  readonly name: string
  readonly #path: string
  readonly #recordId: string
  readonly #queue: Request[] = []
  readonly orders: Order[] = []
  /** Ids of requests that were answered: what they asked for is durable (W4). */
  readonly told = new Set<string>()
  #progress: Progress = { name: 'waiting' }
  /** A later attempt does not hear the answer to an earlier one. */
  #attempt = 0
  #ops = 0

  constructor(name: string, recordId: string) {
    this.name = name
    this.#recordId = recordId
    this.#path = `/v1/records/things/${recordId}`
  }

  get isIdle(): boolean {
    return this.#queue.length === 0
  }

  get canProceed(): boolean {
    return !this.isIdle && this.#progress.name !== 'sent'
  }

  ask(random: SeededRandom, id: string): void {
    const amount = random.int(1, 3)
    this.orders.push({ id, amount })
    this.#queue.push(random.chance(0.6) ? this.#patch(id, amount, random) : this.#upload(id, amount))
  }

  /** The request reaches the server, or its answer the client. */
  proceed(stage: Stage): void {
    const [request] = this.#queue
    const progress = this.#progress
    if (request === undefined || progress.name === 'sent') return
    if (progress.name === 'waiting') return this.#send(stage, request)
    this.#progress = { name: 'waiting' }
    // The store is failing, or the server stops: it is asked again.
    if (progress.status === 503) return
    if (progress.status !== 200)
      throw new Error(`${this.name}: ${request.id} was answered ${progress.status} ${progress.text}`)
    this.told.add(request.id)
    this.#queue.shift()
  }

  /** Gives the attempt up: whatever becomes of it, its answer is not heard. */
  lose(): void {
    this.#attempt += 1
    this.#progress = { name: 'waiting' }
  }

  #send(stage: Stage, { method, path, headers, body }: Request): void {
    const attempt = ++this.#attempt
    this.#progress = { name: 'sent' }
    const answered = async (): Promise<void> => {
      const init = { method, headers: { ...headers, Authorization: `Bearer ${this.name}` } }
      const response = await stage.server.app.request(path, { ...init, body: JSON.stringify(body) })
      const text = await response.text()
      if (attempt === this.#attempt) this.#progress = { name: 'answered', status: response.status, text }
    }
    answered().catch((error: unknown) => {
      if (attempt === this.#attempt) this.#progress = { name: 'answered', status: 0, text: String(error) }
    })
  }

  #patch(id: string, amount: number, random: SeededRandom): Request {
    const fields = random.chance(0.5) ? { plain: `v${id}` } : { dose: `v${id}` }
    const headers = {
      'Content-Type': 'application/json',
      'Sluice-Metadata': JSON.stringify({ w: id }),
      'Idempotency-Key': id,
    }
    const body = { stock: { $increment: amount }, ...fields }
    return { id, method: 'PATCH', path: this.#path, headers, body }
  }

  #upload(id: string, amount: number): Request {
    const opId = ++this.#ops
    const op = { op_id: opId, tx_id: opId, op: 'PATCH', type: 'things', id: this.#recordId }
    const change = { data: { stock: amount }, old: { stock: 0 }, metadata: { w: id } }
    const headers = { 'Content-Type': 'application/json' }
    const body = { client_id: this.#recordId, batch: [{ ...op, ...change }] }
    return { id, method: 'POST', path: '/v1/upload', headers, body }
  }
}
