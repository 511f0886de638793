// The records of the demo's schema, listed in a real browser.
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { seriousFindings } from '../../support/accessibility.ts'
import { as, rest } from '../../support/rest-client.ts'
import { ServerProcess } from '../../support/server-process.ts'
import { until } from '../../support/until.ts'
import { ConsoleStage } from './console-stage.ts'

const ID = 'מטופל #7'
const RECORD = `/v1/records/patients/${encodeURIComponent(ID)}`

let stage: ConsoleStage

const write = (path: string, who: string, fields: object, headers = {}) =>
  rest(stage.server.url, 'PATCH', path, fields, { ...as(who), ...headers })

beforeAll(async () => {
  stage = await ConsoleStage.open(await ServerProcess.start({ SLUICE_REQUESTS_PER_SECOND: '100000' }))
  const { etag } = await rest(stage.server.url, 'PUT', RECORD, { name: 'Ada' }, as('demo'))
  await write(RECORD, 'dr.hopper', { diagnosis: 'pneumonia' }, { 'if-match': etag })
  await write(RECORD, 'nurse.jackson', { diagnosis: 'bronchitis', heartRate: 88 }, { 'if-match': etag })
})
afterAll(() => stage?.close())

const row = (page: Page, id: string) => page.getByRole('row').filter({ hasText: id })

describe('the list', () => {
  test('shows a column for each field, marks what is disputed, and follows what others write', async () => {
    const { page, complaints } = await stage.visit('/records/patients')
    const disputed = row(page, ID).getByRole('cell', { name: /pneumonia/ })
    await disputed.getByRole('link', { name: 'diagnosis is disputed: look at the conflict' }).waitFor()
    const colours = await disputed.evaluate((cell) => getComputedStyle(cell).backgroundColor)
    expect(colours).not.toBe('rgba(0, 0, 0, 0)')
    await rest(
      stage.server.url,
      'PUT',
      '/v1/records/patients/P-2',
      { name: 'Alan', heartRate: 58 },
      as('demo'),
    )
    await row(page, 'P-2').getByRole('cell', { name: '58' }).waitFor()
    await write('/v1/records/patients/P-2', 'demo', { heartRate: 61 })
    await row(page, 'P-2').getByRole('cell', { name: '61' }).waitFor()

    // The order and the filter stand in the address.
    await page.getByRole('button', { name: 'heartRate' }).click()
    await page.getByRole('button', { name: 'heartRate' }).click()
    await page.getByRole('columnheader', { name: 'heartRate' }).waitFor()
    await until(
      async () => (await page.getByRole('rowheader').first().textContent()) === ID,
      'the fastest heart to be first',
    )
    expect(page.url()).toContain('?sort=heartRate&order=desc')
    await page.getByLabel('Where').selectOption('heartRate')
    await page.getByLabel('is', { exact: true }).fill('many')
    expect(await page.getByRole('button', { name: 'Filter' }).isDisabled()).toBe(true)
    await page.getByLabel('is', { exact: true }).fill('61')
    await page.getByRole('button', { name: 'Filter' }).click()
    await page.getByText('1 record', { exact: true }).waitFor()
    await page.getByRole('button', { name: 'Show all' }).click()
    await page.getByText('2 records', { exact: true }).waitFor()
    expect(complaints).toEqual([])
    await page.close()
  })

  test('is read a page after the other, and a record is opened by its id', async () => {
    for (let index = 0; index < 60; index++)
      await rest(stage.server.url, 'PUT', `/v1/records/items/I-${index}`, { name: `Item ${index}` })
    const { page } = await stage.visit('/records/items')
    await page.getByText('50+ records').waitFor()
    await page.getByRole('button', { name: 'Show more' }).click()
    await page.getByText('60 records', { exact: true }).waitFor()
    await page.getByLabel('Record', { exact: true }).fill('I-59')
    await page.keyboard.press('Enter')
    await page.locator('main h1', { hasText: 'items/I-59' }).waitFor()
    expect(await page.getByLabel('name').inputValue()).toBe('Item 59')
    await page.close()
  })

  test('a new record says what it lacks, and is there', async () => {
    const { page } = await stage.visit('/records/items')
    await page.emulateMedia({ reducedMotion: 'reduce' })
    await page.getByText('records').last().waitFor()
    await page.keyboard.press('n')
    const dialog = page.getByRole('dialog', { name: 'New record of items' })
    await dialog.getByLabel('Id').fill('bolt #8')
    await dialog.getByRole('button', { name: 'Create' }).click()
    await dialog.getByText('name is required').waitFor()
    expect(await seriousFindings(page)).toEqual([])
    await dialog.getByLabel('name (required)').fill('Bolt')
    await dialog.getByRole('button', { name: 'Create' }).click()
    await page.locator('main h1', { hasText: 'items/bolt #8' }).waitFor()
    await until(
      async () =>
        (await rest(stage.server.url, 'GET', '/v1/records/items/bolt%20%238')).body.fields?.name === 'Bolt',
      'the record',
    )
    await page.close()
  })
})
