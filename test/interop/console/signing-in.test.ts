// Signing in to the console of a server that verifies tokens.
import { randomUUID } from 'node:crypto'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { seriousFindings } from '../../support/accessibility.ts'
import { as, rest } from '../../support/rest-client.ts'
import { ServerProcess } from '../../support/server-process.ts'
import { SECRET, signToken } from '../../support/sign-token.ts'
import { ConsoleStage } from './console-stage.ts'

let stage: ConsoleStage
beforeAll(async () => {
  stage = await ConsoleStage.open(
    await ServerProcess.start({ SLUICE_JWT_SECRET: SECRET, SLUICE_REVOKER_ROLE: 'guard' }),
  )
})
afterAll(() => stage?.close())

async function paste(page: Page, token: string): Promise<void> {
  await page.getByLabel(/^Token/).fill(token)
  await page.getByRole('button', { name: 'Sign in' }).click()
}

test('the demo’s restart is not offered where tokens are verified', async () => {
  const token = await signToken('ada')
  for (const [method, path] of [
    ['GET', '/demo/server'],
    ['POST', '/demo/server/restart'],
  ] as const)
    expect((await rest(stage.server.url, method, path, undefined, as(token))).status).toBe(404)
})

test('W10: a token is pasted, kept in this tab only, and asked for again when it is not accepted any more', async () => {
  const { page } = await stage.visit('/')
  await page.getByRole('heading', { name: 'Sluice' }).waitFor()
  expect(await seriousFindings(page)).toEqual([])
  await paste(page, 'no.token.atall')
  await page.getByRole('alert').getByText('The token was not accepted').waitFor()

  const jti = randomUUID()
  const first = await signToken('ada', { jti, roles: ['doctor'] })
  await paste(page, first)
  await page.getByText('Saved', { exact: true }).waitFor()
  await page.getByRole('button', { name: 'Signed in as ada' }).waitFor()
  // There is no demo where names are no tokens.
  expect(page.url()).toBe(`${stage.server.url}/inbox`)
  await page.getByRole('link', { name: /^Records/ }).click()
  await page.evaluate(() => Object.assign(globalThis, { isSamePage: true }))

  const guard = await signToken('gus', { roles: ['guard'] })
  await rest(stage.server.url, 'POST', '/v1/revocations', { jti }, as(guard))
  const dialog = page.getByRole('dialog', { name: 'Your token has expired' })
  await dialog.waitFor()
  expect(await seriousFindings(page)).toEqual([])
  await paste(page, await signToken('eve'))
  await dialog.getByText('this is a token of eve, and you are ada').waitFor()
  const second = await signToken('ada', { jti: 'second' })
  await paste(page, second)
  await dialog.waitFor({ state: 'hidden' })
  await page.getByText('Saved', { exact: true }).waitFor()

  // The page went on: what was entered in it, and what was not sent, is still there.
  expect(await page.evaluate(() => 'isSamePage' in globalThis)).toBe(true)
  const kept = await page.evaluate(() => ({
    local: JSON.stringify(localStorage),
    session: JSON.stringify(sessionStorage),
    address: location.href,
  }))
  expect(kept.session).toContain(second)
  expect(kept.local).not.toContain(second)
  expect(kept.address).toBe(`${stage.server.url}/records`)
  for (const token of [first, second]) expect(stage.server.output).not.toContain(token)

  // A server that has gone is said to have gone; whoever does not want to wait connects by hand.
  await stage.server.kill()
  await page.getByText('Offline', { exact: true }).click()
  const connect = page.getByRole('button', { name: 'Connect now' })
  await connect.waitFor()
  await stage.server.start()
  // Where it has just connected by itself, there is nothing to click any more.
  const clicked = connect.click().catch(() => undefined)
  await page.getByText('Saved', { exact: true }).waitFor()
  await page.close()
  await clicked
})
