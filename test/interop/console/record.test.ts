// One record of the demo's schema: edited, looked at as it was, and restored, in a real browser.
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { seriousFindings } from '../../support/accessibility.ts'
import { as, rest } from '../../support/rest-client.ts'
import { ServerProcess } from '../../support/server-process.ts'
import { TextClient } from '../../support/text-client.ts'
import { until } from '../../support/until.ts'
import { ConsoleStage } from './console-stage.ts'

/** An id that an address has to keep from meaning something else, and that is read from right to left. */
const ID = 'מטופל #7'
const RECORD = `/v1/records/patients/${encodeURIComponent(ID)}`
const PAGE = `/records/patients/${encodeURIComponent(ID)}`

let stage: ConsoleStage
let editors: readonly TextClient[] = []

const write = (path: string, who: string, fields: object, headers = {}) =>
  rest(stage.server.url, 'PATCH', path, fields, { ...as(who), ...headers })
const fieldsOf = async (path: string) => (await rest(stage.server.url, 'GET', path)).body.fields

beforeAll(async () => {
  stage = await ConsoleStage.open(await ServerProcess.start({ SLUICE_REQUESTS_PER_SECOND: '100000' }))
  const { url, socketUrl } = stage.server
  const name = `Ada ${'Lovelace-'.repeat(40)}`
  await rest(url, 'PUT', '/v1/records/patients/P-2', { name: 'Alan', heartRate: 58 }, as('demo'))
  const { etag } = await rest(url, 'PUT', RECORD, { name, visits: 1, allergies: ['pollen'] }, as('demo'))
  await write(RECORD, 'dr.hopper', { diagnosis: 'pneumonia' }, { 'if-match': etag })
  await write(RECORD, 'nurse.jackson', { diagnosis: 'bronchitis', heartRate: 88 }, { 'if-match': etag })
  editors = ['dr.hopper', 'nurse.jackson'].map(
    (who) => new TextClient(socketUrl, `patients/${encodeURIComponent(ID)}`, 'notes', who),
  )
  const [doctor, nurse] = editors
  doctor?.typeParagraph('Fever since Monday')
  await until(() => nurse?.text.includes('Fever'), 'the other editor to see it')
  nurse?.typeParagraph('and a cough')
  await until(
    async () => (await rest(url, 'GET', `${RECORD}/text/notes/authors`)).body.runs?.length > 1,
    'both authors',
  )
})
afterAll(async () => {
  for (const editor of editors) editor.destroy()
  await stage?.close()
})

const part = (page: Page, name: string) => page.getByRole('region', { name, exact: true })
const row = (page: Page, id: string) => page.getByRole('row').filter({ hasText: id })

describe('a record', () => {
  test('is edited: what was entered is one change, a counter adds up, and the page says what became of it', async () => {
    const { page, complaints } = await stage.visit(PAGE)
    await page.getByLabel('heartRate').fill('90')
    await page.getByLabel('Add to visits').fill('2')
    await page.getByLabel('allergies').first().fill('latex')
    await page.keyboard.press('Enter')
    await write(RECORD, 'nurse.jackson', { visits: { $increment: 5 } })
    await page.getByLabel('Why (kept with the change)').fill('ward round')
    await page.getByRole('button', { name: 'Save', exact: true }).click()
    await part(page, 'Your changes').getByText('merged').first().waitFor()
    expect(await fieldsOf(RECORD)).toMatchObject({ heartRate: 90, visits: 8, allergies: ['latex', 'pollen'] })
    const { items } = (await rest(stage.server.url, 'GET', `${RECORD}/history?limit=3`)).body
    expect(items[0].metadata).toMatchObject({ reason: 'ward round' })
    // What is disputed leads to its conflict.
    await page.getByRole('link', { name: 'Decide about diagnosis' }).click()
    await page.getByRole('article', { name: `patients/${ID}` }).waitFor()
    expect(complaints).toEqual([])
    await page.close()
  })

  test('W7: what somebody has changed meanwhile is told, and a critical value is then held, not overwritten', async () => {
    const path = '/v1/records/patients/P-3'
    await rest(stage.server.url, 'PUT', path, { name: 'Kay', diagnosis: 'flu' }, as('demo'))
    const { page } = await stage.visit('/records/patients/P-3')
    await page.getByRole('textbox', { name: 'diagnosis', exact: true }).fill('cold')
    await write(path, 'dr.hopper', { diagnosis: 'angina' })
    await page.getByText('Somebody has changed what you are changing').waitFor()
    expect(await page.getByRole('textbox', { name: 'diagnosis', exact: true }).inputValue()).toBe('cold')
    await page.getByRole('button', { name: 'Save', exact: true }).click()
    const own = part(page, 'Your changes')
    await own.getByText('held', { exact: true }).first().waitFor()
    expect(await fieldsOf(path)).toMatchObject({ diagnosis: 'angina' })
    await own.getByRole('link', { name: 'decide it' }).waitFor()
    await own.getByRole('button', { name: 'Put away what became of diagnosis' }).click()
    await own.waitFor({ state: 'detached' })
    await page.close()
  })

  test('its history is looked at by a slider, two moments are compared, and what was is restored as a change', async () => {
    const path = '/v1/records/patients/P-4'
    const notice = 'is given two tablets each morning before breakfast'
    await rest(stage.server.url, 'PUT', path, { name: notice, visits: 3 }, as('demo'))
    await write(path, 'ann', { name: notice.replace('two', 'three'), visits: { $increment: 2 } })
    await write(path, 'bob', { heartRate: 70, allergies: ['latex'] })
    const { page, complaints } = await stage.visit('/records/patients/P-4?tab=history')
    // What fades in has not its colours yet.
    await page.emulateMedia({ reducedMotion: 'reduce' })
    await part(page, 'History').getByText('ann', { exact: true }).waitFor()
    const travel = part(page, 'Time travel')
    const slider = travel.getByRole('slider', { name: 'Look at' })
    await slider.focus()
    await page.keyboard.press('Home')
    expect(await slider.getAttribute('aria-valuetext')).toMatch(/^demo, /)
    await travel.locator('del', { hasText: 'two' }).waitFor()
    await travel.locator('ins', { hasText: 'three' }).waitFor()
    await travel.getByRole('row', { name: /^visits.*3.*5/ }).waitFor()
    await travel.getByRole('slider', { name: 'Compare with' }).focus()
    await page.keyboard.press('ArrowLeft')
    await until(async () => (await travel.getByRole('row').count()) === 3, 'the moment before last')
    expect(await seriousFindings(page)).toEqual([])

    // Somebody counts on meanwhile: what was added is taken away, and no more.
    await travel.getByRole('button', { name: 'Restore what it was' }).click()
    const dialog = page.getByRole('dialog', { name: 'Restore what it was' })
    expect(await seriousFindings(page)).toEqual([])
    await dialog.getByRole('button', { name: 'Restore', exact: true }).click()
    await part(page, 'Your changes').getByText('applied').first().waitFor()
    expect(await fieldsOf(path)).toMatchObject({ name: notice, visits: 3, heartRate: null, allergies: [] })
    await part(page, 'History').getByText('reviewer', { exact: true }).first().waitFor()
    expect(complaints).toEqual([])
    await page.close()
  })

  test('is deleted, and restored from its history', async () => {
    const path = '/v1/records/patients/P-5'
    await rest(stage.server.url, 'PUT', path, { name: 'Rosa', visits: 4 }, as('demo'))
    await write(path, 'ann', { heartRate: 70 })
    const { page } = await stage.visit('/records/patients/P-5')
    await page.getByRole('button', { name: 'Delete the record' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Delete', exact: true }).click()
    await until(async () => (await rest(stage.server.url, 'GET', path)).status === 404, 'the record to go')
    const travel = part(page, 'Time travel')
    await travel.getByRole('slider', { name: 'Look at' }).focus()
    await page.keyboard.press('Home')
    await travel.getByText('It is deleted in the other.').waitFor()
    await until(
      async () => await travel.getByRole('button', { name: 'Restore what it was' }).isEnabled(),
      'the moment to be read',
    )
    await travel.getByRole('button', { name: 'Restore what it was' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Restore', exact: true }).click()
    await until(async () => (await fieldsOf(path))?.name === 'Rosa', 'the record to come back')
    expect(await fieldsOf(path)).toMatchObject({ visits: 4 })
    await page.close()
  })

  test('R5: its text shows who wrote which part, what it was, and the difference', async () => {
    const { page, complaints } = await stage.visit(`${PAGE}?tab=texts`)
    const notes = part(page, 'notes')
    const ofNurse = notes.getByRole('button', { name: /^nurse\.jackson/ })
    await ofNurse.waitFor()
    await notes.locator('span[title="dr.hopper"]', { hasText: 'Fever since Monday' }).waitFor()
    await notes.locator('span[title="nurse.jackson"]', { hasText: 'and a cough' }).waitFor()
    await ofNurse.click()
    await notes.locator('span[title="dr.hopper"][data-faded="true"]').waitFor()
    const slider = notes.getByRole('slider', { name: 'Look at' })
    await slider.focus()
    await page.keyboard.press('Home')
    await ofNurse.waitFor({ state: 'detached' })
    await page.keyboard.press('End')
    await notes.getByText('Difference', { exact: true }).click()
    await notes.locator('ins', { hasText: 'and a cough' }).waitFor()
    // What is typed is shown as it is typed.
    editors[0]?.typeParagraph('and a headache')
    await notes.locator('ins', { hasText: 'and a headache' }).waitFor()
    expect(complaints).toEqual([])
    await page.close()
  })

  test.each([
    ['light', 1280],
    ['dark', 390],
  ] as const)(
    'in the %s, %i pixels wide, axe finds nothing serious and nothing is wider than the screen',
    async (scheme, width) => {
      for (const address of ['/records/patients', PAGE, `${PAGE}?tab=history`, `${PAGE}?tab=texts`]) {
        const { page } = await stage.visit(address, { scheme, width })
        await until(
          async () => (await page.locator('.mantine-Skeleton-root').count()) === 0,
          `${address} is loaded`,
        )
        expect([address, await seriousFindings(page)]).toEqual([address, []])
        expect([address, await page.evaluate(() => document.documentElement.scrollWidth)]).toEqual([
          address,
          width,
        ])
        await page.close()
      }
    },
  )

  test('without a server, what is stored here is shown, edits wait, and what is not stored is said to be missing', async () => {
    const { page } = await stage.visit('/records/patients/P-2')
    await page.getByLabel('heartRate').waitFor()
    await stage.server.kill()
    await page.getByText('as told last').waitFor()
    await page.getByLabel('heartRate').fill('77')
    await page.getByRole('button', { name: 'Save', exact: true }).click()
    await part(page, 'Your changes').getByText('pending').waitFor()
    await page.getByRole('tab', { name: 'History' }).click()
    await page.getByRole('alert').getByText('The server cannot be reached').first().waitFor()
    await page.getByRole('link', { name: 'All of patients' }).click()
    await page.getByText('only records that are stored on this device').waitFor()
    await row(page, 'P-2').getByRole('cell', { name: '77' }).waitFor()
    await page.getByLabel('Collection').selectOption('items')
    await page.getByText('Nothing of this list is stored on this device').waitFor()
    await page.goBack()
    await page.goBack()
    await page.getByRole('alert').getByText('The server cannot be reached').first().waitFor()
    await stage.server.start()
    await page.getByRole('button', { name: 'Try again' }).first().click()
    await part(page, 'History').getByText('58', { exact: true }).first().waitFor()
    await until(
      async () => (await fieldsOf('/v1/records/patients/P-2').catch(() => null))?.heartRate === 77,
      'the edit to arrive',
    )
    await page.close()
  })
})
