// The demo that `npm start` opens with, walked as a newcomer walks it.
import type { Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { seriousFindings } from '../../support/accessibility.ts'
import { until } from '../../support/until.ts'
import { ConsoleStage } from './console-stage.ts'

let stage: ConsoleStage
beforeAll(async () => {
  stage = await ConsoleStage.open()
})
afterAll(() => stage?.close())

const appOf = (page: Page, name: string): Locator => page.getByRole('region', { name: `The app of ${name}` })
const switchOf = (page: Page, name: string): Locator =>
  page.getByRole('switch', { name: `Connection of ${name}` })
const editorOf = (page: Page, name: string): Locator =>
  appOf(page, name).getByRole('textbox', { name: /^Notes/ })

async function enterDiagnosis(page: Page, name: string, diagnosis: string): Promise<void> {
  const input = appOf(page, name).getByRole('textbox', { name: 'Diagnosis' })
  await input.fill(diagnosis)
  await input.press('Enter')
}

/** Which steps the guide says are done. */
const doneSteps = async (page: Page): Promise<readonly (string | null)[]> =>
  Promise.all(
    (await page.getByRole('list', { name: 'Three steps' }).getByRole('listitem').all()).map((step) =>
      step.getAttribute('data-done'),
    ),
  )

const untilDone = (page: Page, count: number): Promise<unknown> =>
  until(
    async () => (await doneSteps(page)).filter((done) => done === 'true').length === count,
    `step ${count} is noticed`,
  )

test('a newcomer is led from a merge to a held conflict and to its decision, and a killed server loses nothing', async () => {
  const { page, complaints } = await stage.visit('/')
  const [doctor, nurse] = ['dr.hopper', 'nurse.jackson'] as const
  await editorOf(page, doctor).getByText('Short of breath').waitFor()
  await editorOf(page, nurse).getByText('Short of breath').waitFor()
  expect(await doneSteps(page)).toEqual(['false', 'false', 'false'])

  // Apart: both edit, nobody sees the other.
  await switchOf(page, doctor).focus()
  await page.keyboard.press('Space')
  await appOf(page, doctor).getByText('Kept here').waitFor()
  for (const name of [doctor, nurse]) {
    await appOf(page, name).getByRole('button', { name: 'One visit more' }).click()
    await editorOf(page, name).click()
    await page.keyboard.press('Control+End')
    await page.keyboard.type(` Seen by ${name}.`)
  }
  expect(await editorOf(page, doctor).textContent()).not.toContain(`Seen by ${nurse}.`)
  expect(await doneSteps(page)).toEqual(['false', 'false', 'false'])
  await switchOf(page, doctor).focus()
  await page.keyboard.press('Space')
  await untilDone(page, 1)
  for (const name of [doctor, nurse])
    await until(async () => {
      const text = await editorOf(page, name).textContent()
      const visits = await appOf(page, name).getByText('2', { exact: true }).count()
      return text?.includes(`Seen by ${doctor}.`) && text.includes(`Seen by ${nurse}.`) && visits === 1
    }, `${name} sees both`)
  // The cursor of the one is shown in the editor of the other.
  await until(
    async () =>
      (await editorOf(page, doctor).getByText(nurse).count()) > 0 ||
      editorOf(page, nurse)
        .getByText(doctor)
        .count()
        .then((count) => count > 0),
    'a live cursor',
  )

  // A critical field: the second to arrive is held.
  await switchOf(page, doctor).click()
  await enterDiagnosis(page, nurse, 'bronchitis')
  await enterDiagnosis(page, doctor, 'pneumonia')
  await page.getByRole('region', { name: 'SQL rows' }).getByText('bronchitis').waitFor()
  await switchOf(page, doctor).click()
  await untilDone(page, 2)
  const conflict = page.getByRole('region', { name: 'The open conflict' })
  await conflict.getByText('pneumonia').waitFor()
  for (const name of [doctor, nurse])
    await until(
      async () =>
        (await appOf(page, name).getByRole('textbox', { name: 'Diagnosis' }).inputValue()) === 'bronchitis' &&
        (await appOf(page, name).getByText('disputed').count()) === 1,
      `the incumbent is in force for ${name}, and said to be disputed`,
    )
  await appOf(page, doctor).getByText('held', { exact: true }).waitFor()
  await page.getByRole('region', { name: 'Change log' }).getByText('held', { exact: true }).waitFor()
  await page.getByRole('link', { name: /Inbox/ }).getByText('2').waitFor()

  expect(await seriousFindings(page)).toEqual([])

  // A person decides.
  await conflict.getByRole('button', { name: /^Take it: “pneumonia”/ }).click()
  await untilDone(page, 3)
  for (const name of [doctor, nurse])
    await until(
      async () =>
        (await appOf(page, name).getByRole('textbox', { name: 'Diagnosis' }).inputValue()) === 'pneumonia',
      `${name} sees the decision`,
    )
  expect(complaints).toEqual([])

  // The process is killed in the middle of it.
  await page.getByRole('button', { name: 'Restart the server' }).click()
  await page.getByText('Nothing acknowledged was lost').waitFor({ timeout: 60_000 })
  await until(
    async () => (await page.getByText('Saved', { exact: true }).count()) >= 3,
    'all three clients are connected again',
  )
  expect(await editorOf(page, nurse).textContent()).toContain(`Seen by ${doctor}.`)
  await page.close()
})

test('“Show me” plays the steps, and ends where a newcomer would', async () => {
  const { page } = await stage.visit('/demo')
  await editorOf(page, 'nurse.jackson').getByText('Short of breath').waitFor()
  for (const step of [1, 2, 3]) {
    await page.getByRole('button', { name: 'Show me' }).click()
    await untilDone(page, step)
    await until(
      async () => (await page.locator('[data-loading=true]').count()) === 0,
      'the step has been played',
    )
  }
  await page.close()
})
