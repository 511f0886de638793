// The queue of a PowerSync client: each batch creates a record and adds to a counter. A 200 is the acknowledgement.
import { rest } from '../../support/rest-client.ts'
import type { SeededRandom } from '../../support/seeded-random.ts'
import type { LoadDoor } from '../crash-target.ts'
import { eventually } from '../eventually.ts'
import type { Finding } from '../ledger.ts'
import { Ledger } from '../ledger.ts'
import { answered, asked, pause } from './pause.ts'

const PAGE = 200

export class UploadLoad implements LoadDoor {
  readonly name = 'upload'
  readonly #url: string
  readonly #record: string
  readonly #ledger = new Ledger()

  /** @param record the counter; it also names the device, and the records that it creates. */
  constructor(url: string, record = 'upload') {
    this.#url = url
    this.#record = record
  }

  get figures(): Ledger {
    return this.#ledger
  }

  async prepare(): Promise<void> {
    await asked(this.#url, 'PUT', this.#counter, {})
  }

  /** As the SDK does it: the queue goes on only when the batch at its head was answered. */
  async load(signal: AbortSignal, random: SeededRandom, slowness = 1): Promise<void> {
    while (!signal.aborted) {
      const token = `${this.#record}-${this.#ledger.sent}`
      this.#ledger.send(token, random.int(1, 9))
      if (!(await this.#upload(token))) return
      await pause(random.int(0, 8) * slowness, signal)
    }
  }

  async check(): Promise<readonly Finding[]> {
    return this.#compare(false)
  }

  async finish(): Promise<void> {
    for (const token of this.#ledger.unacknowledged)
      await eventually(() => this.#upload(token), `the answer to ${token}`)
    if (this.#ledger.has(`${this.#record}-0`)) await this.#upload(`${this.#record}-0`)
  }

  checkFinished(): Promise<readonly Finding[]> {
    return this.#compare(true)
  }

  get #counter(): string {
    return `/v1/records/ledgers/${this.#record}`
  }

  async #compare(isFinished: boolean): Promise<readonly Finding[]> {
    const { body } = await asked(this.#url, 'GET', this.#counter)
    const tokens = await this.#created()
    // Operations are committed one by one: only of whole batches does the sum of the records say the counter's.
    return this.#ledger.compare({ tokens, total: { value: body.fields?.total ?? 0, isExact: isFinished } })
  }

  async #created(): Promise<readonly string[]> {
    const ids: string[] = []
    for (let cursor: string | null = ''; cursor !== null; ) {
      const from: string = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`
      const { body } = await asked(
        this.#url,
        'GET',
        `/v1/records/uploads?source=${this.#record}&limit=${PAGE}${from}`,
      )
      ids.push(...body.items.map(({ id }: { readonly id: string }) => id))
      cursor = body.next
    }
    return ids
  }

  async #upload(token: string): Promise<boolean> {
    const amount = this.#ledger.amountOf(token)
    const number = Number(token.slice(token.lastIndexOf('-') + 1))
    const batch = [
      {
        op_id: number * 2 + 1,
        tx_id: number + 1,
        op: 'PUT',
        type: 'uploads',
        id: token,
        data: { amount, source: this.#record },
      },
      {
        op_id: number * 2 + 2,
        tx_id: number + 1,
        op: 'PATCH',
        type: 'ledgers',
        id: this.#record,
        data: { total: amount },
        old: { total: 0 },
      },
    ]
    const answer = await answered(rest(this.#url, 'POST', '/v1/upload', { client_id: this.#record, batch }))
    if (answer?.status !== 200) return false
    const rejected = answer.body.results.find(
      ({ status }: { readonly status: string }) => status === 'rejected',
    )
    if (rejected !== undefined) throw new Error(`an upload was rejected: ${JSON.stringify(rejected)}`)
    this.#ledger.acknowledge(token)
    return true
  }
}
