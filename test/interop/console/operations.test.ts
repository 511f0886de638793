// The Operations page: figures that move, a server that goes and comes, and somebody who may not look.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { seriousFindings } from '../../support/accessibility.ts'
import { rest } from '../../support/rest-client.ts'
import { ServerProcess } from '../../support/server-process.ts'
import { SECRET, signToken } from '../../support/sign-token.ts'
import { TextClient } from '../../support/text-client.ts'
import { until } from '../../support/until.ts'
import { ConsoleStage } from './console-stage.ts'

let stage: ConsoleStage
beforeAll(async () => {
  stage = await ConsoleStage.open(await ServerProcess.start())
})
afterAll(() => stage?.close())

test('figures and sessions are told, and move', async () => {
  const { server } = stage
  const editor = new TextClient(server.socketUrl, 'articles/o1', 'body', 'ada')
  const { page, complaints } = await stage.visit('/operations')
  const card = (name: string) => page.getByRole('region', { name, exact: true })
  await card('Store').getByText('Takes writes').waitFor()
  await card('Open sessions')
    .getByRole('row', { name: /^ada .*yjs/ })
    .waitFor()
  await card('Conflict age').getByText('Nothing waits for a decision').waitFor()
  await card('Outbox').getByText('0 events').waitFor()
  await rest(server.url, 'PUT', '/v1/records/items/o1', { name: 'Bolt', stock: 1 })
  // The sample in which it was written has ended.
  await card('Acknowledgement latency').getByText('95th percentile').waitFor()
  await card('Commits per second')
    .getByRole('img', { name: /between 0 and|between 0\.2 and/ })
    .waitFor()
  expect(await seriousFindings(page)).toEqual([])
  expect(complaints).toEqual([])

  editor.destroy()
  await page.close()
})

test('what was read last stays in sight without the server, and goes on with it', async () => {
  const { server } = stage
  const { page } = await stage.visit('/operations')
  const store = page.getByRole('region', { name: 'Store', exact: true })
  await store.getByText('Takes writes').waitFor()
  await server.kill()
  await page.getByText('Shown as it was read last').waitFor()
  expect(await store.getByText('Takes writes').count()).toBe(1)
  expect(await seriousFindings(page)).toEqual([])
  await server.start()
  await until(
    async () => (await page.getByText('Shown as it was read last').count()) === 0,
    'it is read again',
  )
  await page.close()
})

test('in the dark and on a telephone, axe finds nothing serious and nothing is wider than the screen', async () => {
  const { page } = await stage.visit('/operations', { scheme: 'dark', width: 390 })
  await page.getByRole('region', { name: 'Open sessions', exact: true }).getByRole('row').nth(1).waitFor()
  expect(await seriousFindings(page)).toEqual([])
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390)
  await page.close()
})

test('O3: who may not look is told so', async () => {
  const guarded = await ConsoleStage.open(
    await ServerProcess.start({ SLUICE_JWT_SECRET: SECRET, SLUICE_OPERATOR_ROLES: 'operator' }),
  )
  try {
    const { page } = await guarded.visit('/operations')
    await page.locator('input[type=password]').fill(await signToken('ada', { roles: ['doctor'] }))
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByRole('alert').getByText('You may not see this').waitFor()
    await page.getByRole('alert').getByText('your roles may not look into the server').waitFor()
    expect(await seriousFindings(page)).toEqual([])
  } finally {
    await guarded.close()
  }
})
