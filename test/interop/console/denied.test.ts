// What the console says to who may not, and where something could not be read.
import { fileURLToPath } from 'node:url'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { seriousFindings } from '../../support/accessibility.ts'
import { as, rest } from '../../support/rest-client.ts'
import { ServerProcess } from '../../support/server-process.ts'
import { SECRET, signToken } from '../../support/sign-token.ts'
import { ConsoleStage } from './console-stage.ts'

const CONFIG = fileURLToPath(new URL('denied.config.ts', import.meta.url))
const RECORD = '/v1/records/patients/P-1'

let stage: ConsoleStage
let conflictId: string

beforeAll(async () => {
  const server = await ServerProcess.start({ SLUICE_CONFIG: CONFIG, SLUICE_JWT_SECRET: SECRET })
  stage = await ConsoleStage.open(server)
  const doctor = as(await signToken('dora', { roles: ['doctor'] }))
  const { etag } = await rest(server.url, 'PUT', RECORD, { name: 'Ada' }, doctor)
  for (const diagnosis of ['flu', 'cold']) {
    const { body } = await rest(server.url, 'PATCH', RECORD, { diagnosis }, { ...doctor, 'if-match': etag })
    conflictId = body.outcomes.diagnosis.conflictId ?? conflictId
  }
})
afterAll(() => stage?.close())

/** @param roles of the token with which the console is opened. */
async function visit(path: string, roles: readonly string[]): Promise<Page> {
  const { page } = await stage.visit('/')
  const token = await signToken(`a ${roles.join(' and ') || 'nobody'}`, { roles })
  await page.getByLabel(/^Token/).fill(token)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('button', { name: /^Signed in as/ }).waitFor()
  await page.goto(`${stage.server.url}${path}`)
  await page.locator('main h1').first().waitFor()
  return page
}

describe('A3: who may read nothing', () => {
  test.each([
    ['/inbox', 'You may see no conflicts'],
    [() => `/inbox/${conflictId}`, 'You may see no conflicts'],
    ['/records', 'You may read no records'],
    ['/records/patients/P-1', 'You may read no records'],
    ['/inspect', 'There is nothing to look into'],
    ['/inspect/patients/P-1', 'There is no such thing'],
    ['/operations', 'You may not see this'],
  ])('is told so at %s', async (path, words) => {
    const page = await visit(typeof path === 'string' ? path : path(), [])
    await page.getByText(words).waitFor()
    expect(await seriousFindings(page)).toEqual([])
    await page.close()
  })
})

describe('A2, A3: who may do a part', () => {
  test('sees the fields that he may read, and inputs for those that he may write', async () => {
    const page = await visit('/records/patients/P-1', ['clerk'])
    await page.getByRole('textbox', { name: 'name' }).waitFor()
    expect(await page.getByRole('textbox', { name: 'diagnosis' }).count()).toBe(0)
    await page.getByText('you may only read it').waitFor()
    expect(await page.getByText('salary').count()).toBe(0)
    await page.getByRole('link', { name: 'Decide about diagnosis' }).click()
    await page.getByText('to decide it takes a role that you do not have').waitFor()
    await page.close()
  })

  test('reads and does not write, create or delete where only reading is his', async () => {
    const page = await visit('/records/patients/P-1', ['visitor'])
    await page.getByText('You may read this record and not change it').waitFor()
    await page.getByText('this record may not be deleted').waitFor()
    await page.getByRole('link', { name: 'All of patients' }).click()
    await page.getByRole('rowheader', { name: 'P-1' }).waitFor()
    await page.getByRole('button', { name: 'New record' }).click()
    await page.getByText('but not create a record in it').waitFor()
    await page.close()
  })

  test('is not told whether a collection that is kept from him is there', async () => {
    const page = await visit('/records/diaries', ['clerk'])
    await page.getByText('There is no such collection').waitFor()
    await page.goto(`${stage.server.url}/records/patients/P-9`)
    await page.getByText('There is no such record').waitFor()
    await page.close()
  })

  test('A5: REST says who may decide a conflict that was not in the list', async () => {
    const path = `/v1/conflicts/${conflictId}`
    for (const [role, mayResolve] of [
      ['doctor', true],
      ['clerk', false],
    ] as const) {
      const token = as(await signToken(role, { roles: [role] }))
      expect((await rest(stage.server.url, 'GET', path, undefined, token)).body).toMatchObject({ mayResolve })
      const { items } = (await rest(stage.server.url, 'GET', '/v1/conflicts', undefined, token)).body
      expect(items).toMatchObject([{ id: conflictId, mayResolve }])
    }
  })
})

describe('where the server does not answer', () => {
  test.each([
    [() => '/records/patients/P-1?tab=history', /\/history/, 'P-1'],
    [() => '/records/patients/P-1?tab=texts', /\/text-versions/, 'notes'],
    [() => '/inspect', /\/v1\/records\/patients\?/, 'P-1'],
    [() => '/inspect/patients/P-1', /\/inspection$/, 'Tombstones'],
    [() => `/inbox/${conflictId}?view=archive`, /\/v1\/conflicts\/[0-9a-f]+/, 'flu'],
  ])('%s says so, and tries again when it is asked to', async (path, request, words) => {
    const page = await visit('/records', ['doctor'])
    await page.route(request, (route) => route.abort())
    await page.goto(`${stage.server.url}${path()}`)
    await page.getByRole('alert').getByText('The server cannot be reached').first().waitFor()
    expect(await seriousFindings(page)).toEqual([])
    await page.unroute(request)
    await page.getByRole('button', { name: 'Try again' }).first().click()
    await page.getByRole('alert').first().waitFor({ state: 'detached' })
    await page.locator('main').getByText(words).first().waitFor()
    await page.close()
  })
})
