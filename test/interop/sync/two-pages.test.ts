// Two people in two browsers, one of whom loses the network and closes the tab: what each page says at every step is true.
import { fileURLToPath } from 'node:url'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { bundle } from '../../support/bundle.ts'
import { launchChromium } from '../../support/chromium.ts'
import { rest } from '../../support/rest-client.ts'
import { ServerProcess } from '../../support/server-process.ts'
import { until } from '../../support/until.ts'
import type { WardApp } from './ward-page.ts'

interface WardWindow {
  open(url: string, token: string): Promise<WardApp>
  app: WardApp
}
type Shown = ReturnType<WardApp['shown']>

let server: ServerProcess
let browser: Browser
let script: string

beforeAll(async () => {
  script = await bundle(fileURLToPath(new URL('./ward-page.ts', import.meta.url)))
  server = await ServerProcess.start()
  browser = await launchChromium()
})
afterAll(async () => {
  await browser?.close()
  await server?.[Symbol.asyncDispose]()
})

/** One person's browser. The app itself is there without a network, as with a service worker. */
class Person {
  readonly #name: string
  readonly #context: BrowserContext
  #page: Page

  private constructor(name: string, context: BrowserContext, page: Page) {
    this.#name = name
    this.#context = context
    this.#page = page
  }

  static async arrive(name: string): Promise<Person> {
    const context = await browser.newContext()
    await context.route('http://localhost/**', (route) =>
      route.request().url().endsWith('.js')
        ? route.fulfill({ contentType: 'text/javascript', body: script })
        : route.fulfill({
            contentType: 'text/html',
            body: '<!doctype html><script type="module" src="/app.js"></script>',
          }),
    )
    const person = new Person(name, context, await context.newPage())
    await person.#open()
    return person
  }

  do(deed: Exclude<keyof WardApp, 'shown'>, ...args: readonly unknown[]): Promise<unknown> {
    return this.#page.evaluate(
      ([deed, args]) => {
        const { app } = globalThis as unknown as { app: Record<string, (...args: unknown[]) => unknown> }
        return app[deed]?.(...args)
      },
      [deed, args] as const,
    )
  }

  shown(): Promise<Shown> {
    return this.#page.evaluate(() => (globalThis as unknown as WardWindow).app.shown())
  }

  /** Waits until the page shows all of this. */
  async shows(expected: Partial<Shown>): Promise<void> {
    await until(
      async () => {
        const shown = await this.shown()
        expect(shown).toMatchObject(expected)
        return true
      },
      `${this.#name} to see ${JSON.stringify(expected)}`,
    )
  }

  async loseNetwork(isLost: boolean): Promise<void> {
    await this.#context.setOffline(isLost)
  }

  async closeTabAndOpenAgain(): Promise<void> {
    await this.#page.close()
    this.#page = await this.#context.newPage()
    await this.#open()
  }

  async leave(): Promise<void> {
    await this.#context.close()
  }

  async #open(): Promise<void> {
    // Only pages of a safe origin may keep others from their store.
    await this.#page.goto('http://localhost/')
    await this.#page.waitForFunction('globalThis.app === null')
    await this.#page.evaluate(
      async ([url, token]) => {
        const own = globalThis as unknown as WardWindow
        own.app = await own.open(url, token)
      },
      [server.url, this.#name] as const,
    )
  }
}

const AT_REST: Partial<Shown> = {
  connection: 'online',
  storage: 'durable',
  pending: 0,
  staged: [],
  notesAre: 'durable',
}

test('C4, C5, E2: two pages edit apart and come together: nothing is lost, and every status is true', async () => {
  await rest(server.url, 'PUT', '/v1/records/patients/W-1', { name: 'Joe', diagnosis: 'flu', heartRate: 60 })
  const [anna, ben] = [await Person.arrive('anna'), await Person.arrive('ben')]
  await anna.do('type', 'Admitted.')
  for (const person of [anna, ben])
    await person.shows({
      ...AT_REST,
      ...{ name: 'Joe', diagnosis: 'flu', heartRate: 60, notes: 'Admitted.', changes: [], disputed: [] },
    })

  await anna.loseNetwork(true)
  await anna.shows({ connection: 'offline', notesAre: 'offline', storage: 'durable', pending: 0 })
  await anna.do('measure', 90)
  await anna.do('diagnose', 'cold')
  await anna.do('type', ' Anna measured.')
  const alone: Partial<Shown> = {
    storage: 'durable',
    pending: 2,
    name: 'Joe',
    heartRate: 90,
    diagnosis: 'cold',
    staged: ['diagnosis', 'heartRate'],
    disputed: [],
    changes: ['pending', 'pending'],
    notes: 'Admitted. Anna measured.',
    notesAre: 'offline',
  }
  expect(await anna.shown()).toMatchObject(alone)

  await ben.do('rename', 'Joseph')
  await ben.do('diagnose', 'covid')
  await ben.do('type', ' Ben called.')
  const besideHer = { name: 'Joseph', diagnosis: 'covid', heartRate: 60, notes: 'Admitted. Ben called.' }
  await ben.shows({ ...AT_REST, ...besideHer, changes: [], disputed: [] })

  await anna.closeTabAndOpenAgain()
  expect(await anna.shown()).toMatchObject(alone)
  expect((await anna.shown()).connection).not.toBe('online')
  await anna.do('type', ' Twice.')
  await anna.closeTabAndOpenAgain()
  expect(await anna.shown()).toMatchObject({ ...alone, notes: 'Admitted. Anna measured. Twice.' })

  await anna.loseNetwork(false)
  const held: Partial<Shown> = {
    ...AT_REST,
    name: 'Joseph',
    heartRate: 90,
    diagnosis: 'covid',
    disputed: [{ inForce: 'covid', against: ['cold by anna'] }],
  }
  await anna.shows({ ...held, changes: ['held'] })
  await ben.shows({ ...held, changes: [] })
  const { notes } = await anna.shown()
  expect((await ben.shown()).notes).toBe(notes)
  for (const words of ['Admitted.', ' Anna measured.', ' Ben called.', ' Twice.'])
    expect(notes).toContain(words)

  expect(await ben.do('chooseChallenger')).toBe('done')
  const decided = { ...AT_REST, name: 'Joseph', heartRate: 90, diagnosis: 'cold', disputed: [] }
  await anna.shows({ ...decided, changes: ['applied'] })
  await ben.shows({ ...decided, changes: [] })
  // The text columns follow the texts.
  await expect
    .poll(async () => (await rest(server.url, 'GET', '/v1/records/patients/W-1')).body)
    .toMatchObject({
      fields: { name: 'Joseph', heartRate: 90, diagnosis: 'cold' },
      disputed: {},
      text: { notes },
    })
  await anna.leave()
  await ben.leave()
})
