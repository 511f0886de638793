// Two people with the SDK on one record and its neighbour's text, with presence. A change is acknowledged when it is settled.
import WebSocket from 'ws'
import { connect } from '../../../client/connect.ts'
import type { SluiceClient } from '../../../client/sluice-client.ts'
import type { TextHandle } from '../../../client/text/index.ts'
import { openText } from '../../../client/text/index.ts'
import type { LoadDoor } from '../../crash/crash-target.ts'
import { asked, pause } from '../../crash/doors/pause.ts'
import { eventually } from '../../crash/eventually.ts'
import type { Finding } from '../../crash/ledger.ts'
import { Ledger } from '../../crash/ledger.ts'
import config from '../../crash/sluice.config.ts'
import type { SeededRandom } from '../../support/seeded-random.ts'

type App = SluiceClient<(typeof config)['schema']>

const WRITERS = ['sdk-ann', 'sdk-bob'] as const

interface Pace {
  readonly signal: AbortSignal
  readonly random: SeededRandom
  readonly slowness: number
}

export class SdkLoad implements LoadDoor {
  readonly name = 'sdk'
  readonly #url: string
  readonly #record: string
  readonly #ledger = new Ledger()
  /** Of the text, as its last reader had it. */
  #typed = ''

  constructor(url: string, record: string) {
    this.#url = url
    this.#record = record
  }

  get figures(): Ledger {
    return this.#ledger
  }

  async prepare(): Promise<void> {
    await asked(this.#url, 'PUT', this.#path, {})
  }

  async load(signal: AbortSignal, random: SeededRandom, slowness = 1): Promise<void> {
    const apps = await Promise.all(
      WRITERS.map((writer) => connect(this.#url, { schema: config, token: writer, WebSocket })),
    )
    const pace = { signal, random, slowness }
    const texts = await Promise.all(apps.map((app) => openText(app, 'texts', this.#record)))
    await Promise.all(WRITERS.map((writer, index) => this.#write(writer, apps[index], texts[index], pace)))
    await Promise.all([...apps, ...texts].map((one) => one.durable()))
    const [first, second] = texts.map(({ doc }) => doc.getText('body'))
    await eventually(() => first?.toString() === second?.toString(), 'both to have the same text')
    this.#typed = first?.toString() ?? ''
    await Promise.all(texts.map((text) => text.close()))
    await Promise.all(apps.map((app) => app.close()))
  }

  async check(): Promise<readonly Finding[]> {
    const { body } = await asked(this.#url, 'GET', this.#path)
    const findings = this.#ledger.compare({
      tokens: body.fields?.tokens ?? [],
      total: { value: body.fields?.total ?? 0, isExact: true },
    })
    const path = `/v1/records/texts/${this.#record}/text/body`
    await eventually(
      async () => (await asked(this.#url, 'GET', path)).body === this.#typed,
      'the text to be projected',
    )
    return findings
  }

  /** The load has waited for all its answers. */
  async finish(): Promise<void> {}

  checkFinished(): Promise<readonly Finding[]> {
    return this.check()
  }

  get #path(): string {
    return `/v1/records/ledgers/${this.#record}`
  }

  async #write(
    writer: string,
    app: App | undefined,
    text: TextHandle | undefined,
    { signal, random, slowness }: Pace,
  ): Promise<void> {
    if (app === undefined || text === undefined) throw new RangeError('every writer has an app')
    const record = app.record('ledgers', this.#record)
    await record.current()
    while (!signal.aborted) {
      const token = `${writer}#${this.#ledger.sent}`
      const amount = random.int(1, 9)
      this.#ledger.send(token, amount)
      const change = record.change((draft) => {
        draft.tokens.add(token)
        draft.total.increment(amount)
      })
      void change.settled.then(({ status }) => {
        if (status === 'applied' || status === 'merged') this.#ledger.acknowledge(token)
      })
      const body = text.doc.getText('body')
      body.insert(random.int(0, body.length), 'type')
      if (body.length > TEXT_LENGTH_MAX) body.delete(0, TEXT_LENGTH_MAX / 2)
      text.awareness.setLocalStateField('cursor', body.length)
      await pause(random.int(10, 40) * slowness, signal)
    }
  }
}

const TEXT_LENGTH_MAX = 2_000
