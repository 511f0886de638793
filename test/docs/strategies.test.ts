// docs/STRATEGIES.md tells the truth: its configuration loads, its snippets run, and the answers are those shown.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ServerProcess } from '../support/server-process.ts'
import { difference } from './match-answer.ts'
import { readPage, runSection } from './runnable-page.ts'

const text = readFileSync(new URL('../../docs/STRATEGIES.md', import.meta.url), 'utf8')
const page = readPage(text)
const [setUp, ...sections] = page.sections
const folder = mkdtempSync(join(tmpdir(), 'sluice-page-'))
let server: ServerProcess

beforeAll(async () => {
  const config = join(folder, 'sluice.config.ts')
  writeFileSync(config, page.config)
  server = await ServerProcess.start({ SLUICE_CONFIG: config })
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true, force: true })
})

describe('docs/STRATEGIES.md', () => {
  it('has something to run for every strategy', () => expect(sections.length).toBeGreaterThan(10))

  it('links to its own headings only', () => {
    const anchors = [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
      heading
        .toLowerCase()
        .replace(/[^\w\s-]/g, '')
        .replace(/\s/g, '-'),
    )
    const links = [...text.matchAll(/\]\(#([^)]+)\)/g)].map(([, anchor]) => anchor)
    expect(links.length).toBeGreaterThan(15)
    expect(anchors).toEqual(expect.arrayContaining(links))
  })

  it.each(sections.map((section) => [section.heading, section] as const))('%s', async (_heading, section) => {
    const outputs = await runSection(server.port, setUp?.programs ?? [], section)
    for (const [at, { source, answer }] of section.programs.entries()) {
      if (answer === null) continue
      expect(difference(JSON.parse(answer), JSON.parse(outputs[at] ?? '')), source).toBeNull()
    }
  })
})

describe('difference', () => {
  it.each([
    [{ a: 1 }, { a: 1 }, null],
    [{ a: 1 }, { a: 2 }, 'answer.a is 2, not 1'],
    [{ a: 1 }, { a: 1, b: 2 }, 'answer has more than is shown: b'],
    [{ a: 1, '…': '…' }, { a: 1, b: 2 }, null],
    [{ a: '…' }, { a: 'x' }, null],
    [{ a: '…' }, {}, 'answer.a is missing'],
    [{ a: 'at …Z' }, { a: 'at 12:00Z' }, null],
    [{ a: 'at …Z' }, { a: 'on 12:00Z' }, 'answer.a is "on 12:00Z", not like at …Z'],
    [[1], [1, 2], 'answer has 2 items, not 1: [1,2]'],
    [[1, '…'], [1, 2], null],
    [[{ a: 1 }], [{ a: 2 }], 'answer[0].a is 2, not 1'],
    [{ a: {} }, { a: null }, 'answer.a is null, no object'],
  ])('%j and %j', (shown, actual, problem) => expect(difference(shown, actual)).toBe(problem))
})
