// Tabs that come and go, crash and lose the network, while people change things in all of them: nothing that was stored is
// lost, nothing counts twice, and in the end every tab shows what the server has. SLUICE_FAULT_SEED=123 runs one seed,
// SLUICE_FAULT_SEEDS=2000 more.
import { describe, expect, test } from 'vitest'
import { until } from '../../support/until.ts'
import type { AppTab } from './tab-app.ts'
import { TabApp } from './tab-app.ts'

const SEEDS = 40
const STEPS = 60
const TABS_MAX = 4

/** One change: it adds a tag that nobody else adds, and one to the stock. */
interface Made {
  readonly tag: string
  readonly tab: AppTab
  isSaved: boolean
  status: string
}

class TabRun {
  readonly app: TabApp
  readonly trace: string[] = []
  readonly made: Made[] = []
  takeovers = 0
  #tabs: AppTab[] = []

  constructor(seed: number) {
    this.app = new TabApp(seed)
  }

  async play(): Promise<void> {
    await this.#open()
    for (let step = 0; step < STEPS; step++) {
      await this.#step()
      await this.app.browser.while()
    }
    await this.#heal()
  }

  async #step(): Promise<void> {
    const { random } = this.app.browser
    const roll = random.int(1, 100)
    if (roll <= 55) return this.#edit()
    if (roll <= 63) return this.#open()
    if (roll <= 70) return this.#end((tab) => tab.kill(), 'is killed')
    if (roll <= 75) return this.#end((tab) => tab.client.close(), 'is closed')
    if (roll <= 85) return this.#cut()
    if (roll <= 89) return this.#loseAnswers()
    for (const { client } of this.#tabs) client.connect()
  }

  #edit(): void {
    const tab = this.app.browser.random.pick(this.#tabs)
    const thing = tab.client.record('things', String(this.app.browser.random.int(1, 2)))
    const tag = `t${this.made.length + 1}`
    const one: Made = { tag, tab, isSaved: false, status: 'pending' }
    this.made.push(one)
    const change = thing.change((draft) => {
      draft.stock.increment()
      draft.tags.add(tag)
    })
    this.#note(`${tag} is made in ${this.#nameOf(tab)}`)
    void change.saved.then(() => {
      if (!tab.tab.isGone) one.isSaved = true
    })
    void change.settled.then(({ status }) => {
      one.status = status
    })
  }

  async #open(): Promise<void> {
    if (this.#tabs.length >= TABS_MAX) return
    const tab = await this.app.open({ early: this.app.browser.random.chance(0.5) })
    this.#tabs.push(tab)
    for (const id of ['1', '2']) tab.client.record('things', id)
    if (this.app.browser.random.chance(0.7)) tab.client.connect()
    this.#note(`${this.#nameOf(tab)} is opened`)
  }

  /** One tab is always left. */
  async #end(end: (tab: AppTab) => unknown, how: string): Promise<void> {
    if (this.#tabs.length < 2) return
    const tab = this.app.browser.random.pick(this.#tabs)
    this.#note(`${this.#nameOf(tab)} ${how}${tab.connections.length > 0 ? ', and it leads' : ''}`)
    if (tab.connections.length > 0) this.takeovers++
    this.#tabs = this.#tabs.filter((one) => one !== tab)
    await end(tab)
  }

  #cut(): void {
    this.#note('the network goes')
    for (const connection of this.app.online) connection.cut()
  }

  #loseAnswers(): void {
    this.#note('the next answer is lost')
    for (const connection of this.app.connections) connection.losesAnswers = !connection.losesAnswers
  }

  async #heal(): Promise<void> {
    for (const connection of this.app.connections) connection.losesAnswers = false
    const rest = async (): Promise<boolean> => {
      for (const { client } of this.#tabs) if (client.status.name !== 'online') client.connect()
      return this.#tabs.every(({ client }) => client.pendingCount === 0 && client.status.name === 'online')
    }
    await until(rest, `tabs at rest: ${this.#tabs.map((tab) => tab.client.pendingCount)}`, 20_000)
    for (const id of ['1', '2']) await this.#showsTruth(id)
    await until(
      () => {
        const l = this.app.browser.entries.list('change')
        if (l.length > 0) throw new Error(JSON.stringify(l))
        return true
      },
      'nothing to wait',
      3_000,
    )
  }

  async #showsTruth(id: string): Promise<void> {
    const there = this.app.server.record(id).bench.view.fields
    for (const { client } of this.#tabs) {
      const thing = client.record('things', id)
      await until(
        () => JSON.stringify(thing.fields) === JSON.stringify({ ...thing.fields, ...there }),
        'truth',
        20_000,
      )
      expect(thing.staged.size).toBe(0)
    }
  }

  #nameOf(tab: AppTab): string {
    return `tab ${this.app.connections.indexOf(tab.connections[0] as never)} of ${this.#tabs.length}`
  }

  #note(what: string): void {
    this.trace.push(what)
  }
}

function check({ app, made }: TabRun): void {
  const fields = ['1', '2'].map((id) => app.server.record(id).bench.view.fields)
  const tags = fields.flatMap(({ tags }) => tags as readonly string[])
  const stock = fields.reduce((sum, { stock }) => sum + Number(stock), 0)
  expect(stock, 'each change counts once').toBe(tags.length)
  expect(new Set(tags).size).toBe(tags.length)
  expect(made.filter(({ isSaved, tag }) => isSaved && !tags.includes(tag))).toEqual([])
  expect(app.online.length, 'connections').toBeLessThanOrEqual(1)
  for (const { tab, tag, status } of made)
    if (!tab.tab.isGone && tags.includes(tag)) expect(['applied', 'merged', 'pending']).toContain(status)
}

describe('K14: tabs that come, go, crash and lose the network', () => {
  const seeds = seedsToPlay()
  test(`${seeds.length} seeds of ${STEPS} steps: one connection, nothing lost, nothing twice`, {
    timeout: 1_800_000,
  }, async () => {
    let [takeovers, changes] = [0, 0]
    for (const seed of seeds) {
      const run = new TabRun(seed)
      try {
        await run.play()
        check(run)
      } catch (error) {
        const happened = run.trace.join('\n')
        throw new Error(`seed ${seed}; run it alone with SLUICE_FAULT_SEED=${seed}\n${happened}`, {
          cause: error,
        })
      }
      takeovers += run.takeovers
      changes += run.made.length
    }
    if (seeds.length < SEEDS) return
    expect(takeovers).toBeGreaterThan(SEEDS)
    expect(changes).toBeGreaterThan(10 * SEEDS)
  })
})

function seedsToPlay(): readonly number[] {
  const one = process.env.SLUICE_FAULT_SEED
  if (one !== undefined) return [Number(one)]
  const count = Number(process.env.SLUICE_FAULT_SEEDS ?? SEEDS)
  return Array.from({ length: count }, (_, index) => index + 1)
}
