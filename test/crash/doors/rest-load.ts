// REST writers: increments with a token, each under an Idempotency-Key. A 2xx is the acknowledgement.
import { as, rest } from '../../support/rest-client.ts'
import type { SeededRandom } from '../../support/seeded-random.ts'
import type { LoadDoor } from '../crash-target.ts'
import { eventually } from '../eventually.ts'
import type { Finding } from '../ledger.ts'
import { Ledger } from '../ledger.ts'
import { answered, asked, pause } from './pause.ts'

const WRITERS = ['rest-ann', 'rest-bob', 'rest-cyd'] as const

export class RestLoad implements LoadDoor {
  readonly name = 'rest'
  readonly #url: string
  readonly #record: string
  readonly #path: string
  readonly #ledger = new Ledger()

  /** @param record whose writer it is. */
  constructor(url: string, record = 'rest') {
    this.#url = url
    this.#record = record
    this.#path = `/v1/records/ledgers/${record}`
  }

  get figures(): Ledger {
    return this.#ledger
  }

  async prepare(): Promise<void> {
    await asked(this.#url, 'PUT', this.#path, {})
  }

  async load(signal: AbortSignal, random: SeededRandom, slowness = 1): Promise<void> {
    await Promise.all(
      WRITERS.map(async (writer) => {
        while (!signal.aborted) {
          const token = `${writer}#${this.#ledger.sent}`
          this.#ledger.send(token, random.int(1, 9))
          await this.#write(token)
          await pause(random.int(0, 8) * slowness, signal)
        }
      }),
    )
  }

  async check(): Promise<readonly Finding[]> {
    const { body } = await asked(this.#url, 'GET', this.#path)
    return this.#ledger.compare({
      tokens: body.fields?.tokens ?? [],
      total: { value: body.fields?.total ?? 0, isExact: true },
    })
  }

  /** Also repeats some that were acknowledged: a client whose answer was lost does that. */
  async finish(): Promise<void> {
    for (const token of this.#ledger.unacknowledged)
      await eventually(() => this.#write(token), `the answer to ${token}`)
    const repeated = `${WRITERS[0]}#0`
    if (this.#ledger.has(repeated)) await this.#write(repeated)
  }

  checkFinished(): Promise<readonly Finding[]> {
    return this.check()
  }

  async #write(token: string): Promise<boolean> {
    const writer = token.slice(0, token.indexOf('#'))
    const body = { tokens: { $add: [token] }, total: { $increment: this.#ledger.amountOf(token) } }
    const headers = { ...as(writer), 'idempotency-key': `${this.#record}-${token}` }
    const answer = await answered(rest(this.#url, 'PATCH', this.#path, body, headers))
    if (answer?.status !== 200) return false
    this.#ledger.acknowledge(token)
    return true
  }
}
