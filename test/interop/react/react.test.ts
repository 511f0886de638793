// `sluice/react` in a real Chromium, in StrictMode, against the real program.
import type { BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { rest } from '../../support/rest-client.ts'
import { until } from '../../support/until.ts'
import type { AppWindow } from '../sdk-stage.ts'
import { SdkStage } from '../sdk-stage.ts'
import type { ReactPage } from './react-page.tsx'

type Own = AppWindow<ReactPage>

let stage: SdkStage
let context: BrowserContext
let page: Page
let errors: string[]

beforeAll(async () => {
  stage = await SdkStage.open(new URL('./react-page.tsx', import.meta.url))
})
afterAll(() => stage?.close())

beforeEach(async () => {
  context = await stage.browser.newContext()
  page = await openApp()
})
afterEach(() => context.close())

async function openApp(): Promise<Page> {
  errors = []
  return stage.openApp(context, (error) => errors.push(error.message))
}

const mount = (scene: string, id = ''): Promise<void> =>
  page.evaluate(([scene, id]) => (globalThis as unknown as Own).app.mount(scene, id), [scene, id] as const)
const unmount = (): Promise<void> => page.evaluate(() => (globalThis as unknown as Own).app.unmount())
const press = (): Promise<void> => page.evaluate(() => (globalThis as unknown as Own).app.press())
const sent = (): Promise<string[]> => page.evaluate(() => (globalThis as unknown as Own).app.sent())
const drawings = (name: string): Promise<number> =>
  page.evaluate((name) => (globalThis as unknown as Own).app.drawings(name), name)
const shown = (): Promise<string> => page.evaluate(() => (globalThis as unknown as Own).app.shown())
const shows = (text: string): Promise<unknown> =>
  until(async () => {
    const all = await shown()
    if (!all.includes(text)) throw new Error(all)
    return true
  }, `"${text}" to be shown`)

const put = (id: string, fields: object): Promise<unknown> =>
  rest(stage.server.url, 'PUT', `/v1/records/items/${id}`, fields)

test('a component that StrictMode mounts twice opens one channel, and closes it when it has gone', async () => {
  await put('strict', { name: 'Bolt', stock: 5 })
  await mount('item', 'strict')
  await shows('live Bolt 5 sure')
  expect(await sent()).toEqual(['record.open'])
  await unmount()
  await until(async () => (await sent()).includes('close'), 'the channel to be closed')
})

test('components that show the same record share its channel, also if one moves away for a moment', async () => {
  await put('shared', { name: 'Bolt', stock: 5 })
  await mount('twice', 'shared')
  await shows('live Bolt 5 sure')
  await unmount()
  await mount('item', 'shared')
  await shows('live Bolt 5 sure')
  await unmount()
  const all: string[] = []
  await until(async () => all.push(...(await sent())) && all.includes('close'), 'the channel to be closed')
  expect(all).toEqual(['record.open', 'close'])
})

test('an own change is shown at once, as staged, and what others do when it comes', async () => {
  await put('own', { name: 'Bolt', stock: 5 })
  await mount('item', 'own')
  await shows('live Bolt 5 sure')
  await page.evaluate(() => (globalThis as unknown as Own).app.client.disconnect())
  await press()
  await shows('live Bolt 6 staged')
  await page.evaluate(() => (globalThis as unknown as Own).app.client.connect())
  await shows('live Bolt 6 sure')
  await rest(stage.server.url, 'PATCH', '/v1/records/items/own', { stock: { $increment: 2 } })
  await shows('live Bolt 8 sure')
})

test('a component is drawn again when the part that it selects has changed, and else not', async () => {
  await put('part', { name: 'Bolt', stock: 5 })
  await mount('twice', 'part')
  await shows('live Bolt 5 sure')
  await drawings('name')
  await rest(stage.server.url, 'PATCH', '/v1/records/items/part', { stock: { $increment: 1 } })
  await shows('live Bolt 6 sure')
  expect(await drawings('name')).toBe(0)
  await rest(stage.server.url, 'PATCH', '/v1/records/items/part', { name: 'Nut' })
  await shows('live Nut 6 sure')
  expect(await drawings('name')).toBe(1)
})

test('a component that suspends waits for the first content, and then it does not, offline either', async () => {
  await put('suspense', { name: 'Bolt', stock: 5 })
  await stage.server.kill()
  await mount('suspended', 'suspense')
  await shows('waiting')
  await stage.server.start()
  await page.evaluate(() => (globalThis as unknown as Own).app.client.connect())
  await shows('Bolt')
  await stage.server.kill()
  await page.close()
  page = await openApp()
  await mount('suspended', 'suspense')
  await shows('Bolt')
  await stage.server.start()
})

test('a text that is left before what was typed is durable is sent nevertheless', async () => {
  await page.evaluate(() => (globalThis as unknown as Own).app.client.disconnect())
  await mount('text', 'left')
  await shows('offline')
  await press()
  await unmount()
  await page.evaluate(() => (globalThis as unknown as Own).app.client.connect())
  await until(
    async () =>
      (await rest(stage.server.url, 'GET', '/v1/records/articles/left')).body.text?.body === 'typed',
    'the server to have it',
  )
  const all: string[] = []
  await until(async () => all.push(...(await sent())) && all.includes('close'), 'the channel to be closed')
  expect(all.filter((type) => type !== 'presence')).toEqual(['text.open', 'text.update', 'close'])
})

test('the status says what is on its way, and is drawn only when it has changed', async () => {
  await put('status', { name: 'Bolt' })
  await mount('status')
  await shows('online durable 0')
  await drawings('status')
  await page.evaluate(() => (globalThis as unknown as Own).app.client.disconnect())
  await shows('stopped durable 0')
  await drawings('status')
  await page.evaluate(() => {
    const item = (globalThis as unknown as Own).app.client.record('items', 'status')
    item.change((draft) => draft.stock.increment())
  })
  await shows('stopped durable 1')
  expect(await drawings('status')).toBe(1)
})

test('a query that is written anew with each drawing is one live list, with own changes in it', async () => {
  await put('q-1', { name: 'Query', stock: 5 })
  await put('q-2', { name: 'Query', stock: 7 })
  await mount('query', 'Query')
  await shows('live 2: q-2 7, q-1 5')
  await rest(stage.server.url, 'PATCH', '/v1/records/items/q-1', { stock: { $increment: 4 } })
  await shows('live 2: q-1 9, q-2 7')
  await page.evaluate(() =>
    (globalThis as unknown as Own).app.client.record('items', 'q-3').create({ name: 'Query' }),
  )
  await shows('live 3: q-1 9, q-2 7, q-3 0')
  expect((await sent()).filter((type) => type === 'query.open')).toEqual(['query.open'])
})

test('the inbox shows what waits for a person, and takes the decision', async () => {
  const path = '/v1/records/patients/inbox'
  const { etag } = await rest(stage.server.url, 'PUT', path, { name: 'Joe', diagnosis: 'flu' })
  for (const diagnosis of ['cold', 'covid'])
    await rest(stage.server.url, 'PATCH', path, { diagnosis }, { 'if-match': etag })
  await mount('inbox', 'inbox')
  await shows('diagnosis')
  await press()
  await shows('nothing to decide')
})

test('presence tells the others of a person while the component is mounted', async () => {
  await put('present', { name: 'Bolt' })
  await mount('present', 'present')
  await shows('Ann beside')
  await page.evaluate(() => (globalThis as unknown as Own).app.stand('present', 'Ben'))
  await shows('Ann beside Ben')
  const other = page
  page = await openApp()
  await mount('present', 'present')
  await until(async () => /Ann beside (Ann,Ben|Ben,Ann)/.test(await shown()), 'those of the first page')
  await other.evaluate(() => (globalThis as unknown as Own).app.unmount())
  await shows('Ann beside Ben')
})

test('the client may still be on its way, but not missing', async () => {
  await put('early', { name: 'Bolt', stock: 1 })
  await page.evaluate(() => (globalThis as unknown as Own).app.mountEarly('early'))
  await shows('live Bolt 1')
  await page.evaluate(() => (globalThis as unknown as Own).app.mountWithoutProvider())
  await until(() => errors.some((error) => error.includes('SluiceProvider')), 'the reason')
})
