// The SDK's bundle in a real Chromium, against the real program: what a page holds survives its end.
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { rest } from '../../support/rest-client.ts'
import type { AppWindow } from '../sdk-stage.ts'
import { SdkStage } from '../sdk-stage.ts'
import type { PageApp } from './sdk-page.ts'

type Own = AppWindow<PageApp>

let stage: SdkStage

beforeAll(async () => {
  stage = await SdkStage.open(new URL('./sdk-page.ts', import.meta.url))
})
afterAll(() => stage?.close())

const shown = (page: Page) => page.evaluate(() => (globalThis as unknown as Own).app.shown())

test('E2: what was changed and typed in a page that lost its server is there when it is opened again, and arrives', async () => {
  await rest(stage.server.url, 'PUT', '/v1/records/items/B-1', { name: 'Bolt', stock: 10 })
  const context = await stage.browser.newContext()
  const first = await stage.openApp(context)
  await first.evaluate(() => (globalThis as unknown as Own).app.current())
  expect(await shown(first)).toMatchObject({ stock: 10, storage: 'durable' })
  await stage.server.kill()
  await first.evaluate(async () => {
    const { app } = globalThis as unknown as Own
    await app.sell(3)
    await app.type('typed offline')
  })
  expect(await shown(first)).toEqual({ stock: 7, body: 'typed offline', storage: 'durable', pending: 1 })
  await first.close()

  const second = await stage.openApp(context)
  expect(await shown(second)).toEqual({ stock: 7, body: 'typed offline', storage: 'durable', pending: 1 })
  await stage.server.start()
  await second.evaluate(() => (globalThis as unknown as Own).app.durable())
  expect(await shown(second)).toMatchObject({ stock: 7, pending: 0 })
  const { body } = await rest(stage.server.url, 'GET', '/v1/records/items/B-1')
  expect(body.fields.stock).toBe(7)
  await context.close()
})
