// Reviewers at the inbox: two writes that did not see each other, then a decision for the challenger. Acknowledged are
// the write that is held, by its 200, and the decision, by its own.
import { as, rest } from '../../support/rest-client.ts'
import type { SeededRandom } from '../../support/seeded-random.ts'
import type { LoadDoor } from '../crash-target.ts'
import { eventually } from '../eventually.ts'
import type { Finding } from '../ledger.ts'
import { Ledger } from '../ledger.ts'
import { answered, asked, pause } from './pause.ts'

const PAGE = 200
const STOCK = 4
const heldToken = (id: string): string => `${id}/held`
const decidedToken = (id: string): string => `${id}/decided`

interface ShownConflict {
  readonly id: string
  readonly state: string
  readonly recordId: string
  readonly incumbent: { readonly id: string }
  readonly challengers: readonly { readonly id: string; readonly value: unknown }[]
  readonly events: readonly { readonly type: string }[]
}

export class InboxLoad implements LoadDoor {
  readonly name = 'inbox'
  readonly #url: string
  readonly #prefix: string
  readonly #ledger = new Ledger()
  /** What the challenger of each record had seen. */
  readonly #seen = new Map<string, string>()
  /** Conflicts that are open before the load begins, so that it begins with decisions. */
  readonly #stock: string[] = []
  #records = 0

  /** @param prefix of the records that it creates. */
  constructor(url: string, prefix = 'v') {
    this.#url = url
    this.#prefix = prefix
  }

  get figures(): Ledger {
    return this.#ledger
  }

  async prepare(): Promise<void> {
    while (this.#stock.length < STOCK) this.#stock.push(await eventually(() => this.#dispute(), 'a conflict'))
  }

  async load(signal: AbortSignal, random: SeededRandom, slowness = 1): Promise<void> {
    while (!signal.aborted) {
      const id = this.#stock.shift() ?? (await this.#dispute())
      if (id === null) return
      this.#ledger.send(decidedToken(id))
      if (!(await this.#decide(id))) return
      await pause(random.int(0, 20) * slowness, signal)
    }
  }

  async check(): Promise<readonly Finding[]> {
    const tokens: string[] = []
    for (const conflict of await this.#conflicts()) {
      tokens.push(heldToken(conflict.recordId))
      const decisions = conflict.events.filter(({ type }) => type === 'resolved').length
      for (let n = 0; n < decisions; n++) tokens.push(decidedToken(conflict.recordId))
      const { body } = await asked(this.#url, 'GET', path(conflict.recordId))
      if (body.fields?.finding !== (decisions > 0 ? 'grave' : 'benign'))
        tokens.push(`${conflict.recordId}/wrong`)
    }
    return this.#ledger.compare({ tokens })
  }

  async finish(): Promise<void> {
    for (const token of this.#ledger.unacknowledged) {
      const [id = '', step] = token.split('/')
      await eventually(
        () => (step === 'held' ? this.#challenge(id) : this.#decide(id)),
        `the answer to ${token}`,
      )
    }
    await this.prepare()
  }

  checkFinished(): Promise<readonly Finding[]> {
    return this.check()
  }

  /** Two writes that did not see each other. @returns the record, or null if the server is gone. */
  async #dispute(): Promise<string | null> {
    const id = `${this.#prefix}-${this.#records++}`
    const created = await answered(rest(this.#url, 'PUT', path(id), { finding: 'unknown' }))
    if (created?.status !== 201) return null
    const incumbent = await answered(this.#write(id, 'ann', 'benign', created.etag))
    if (incumbent?.status !== 200) return null
    this.#seen.set(id, created.etag)
    this.#ledger.send(heldToken(id))
    return (await this.#challenge(id)) ? id : null
  }

  async #challenge(id: string): Promise<boolean> {
    const answer = await answered(this.#write(id, 'bob', 'grave', this.#seen.get(id) ?? ''))
    if (answer?.status !== 200) return false
    this.#ledger.acknowledge(heldToken(id))
    return true
  }

  /** A decision has no key of its own: who lost the answer looks first whether it stands. */
  async #decide(id: string): Promise<boolean> {
    const listed = await answered(rest(this.#url, 'GET', `/v1/conflicts?record=${id}`))
    const conflict: ShownConflict | undefined = listed?.body.items?.[0]
    if (conflict === undefined) return false
    if (conflict.state !== 'resolved') {
      const [challenger] = conflict.challengers
      if (challenger === undefined) throw new Error(`conflict ${conflict.id} has no challenger`)
      const decision = { choose: challenger.id, seen: [conflict.incumbent.id, challenger.id], note: 'seen' }
      const path = `/v1/conflicts/${conflict.id}/resolution`
      const answer = await answered(rest(this.#url, 'PUT', path, decision, as('cyd')))
      if (answer?.status !== 200) return false
    }
    this.#ledger.acknowledge(decidedToken(id))
    return true
  }

  #write(id: string, who: string, finding: string, version: string): ReturnType<typeof rest> {
    const headers = { ...as(who), 'if-match': version, 'idempotency-key': `${id}-${who}` }
    return rest(this.#url, 'PATCH', path(id), { finding }, headers)
  }

  async #conflicts(): Promise<readonly ShownConflict[]> {
    const found: ShownConflict[] = []
    for (let cursor: string | null = ''; cursor !== null; ) {
      const from: string = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`
      const { body } = await asked(this.#url, 'GET', `/v1/conflicts?collection=verdicts&limit=${PAGE}${from}`)
      const items = body.items as readonly ShownConflict[]
      found.push(...items.filter(({ recordId }) => recordId.startsWith(`${this.#prefix}-`)))
      cursor = body.next
    }
    return found
  }
}

const path = (id: string): string => `/v1/records/verdicts/${id}`
