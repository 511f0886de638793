/** Writes docs/FEATURES.md: each row of features.ts with the tests that name it, read from the suite itself. */
import { readdirSync, readFileSync } from 'node:fs'
import type { Feature } from './features.ts'
import { features, sources } from './features.ts'

export interface FeatureTest {
  readonly id: string
  readonly name: string
  readonly doors: readonly string[]
  readonly file: string
}

const folder = new URL('.', import.meta.url)

/** @throws RangeError for a test whose row, name or doors cannot be read from its source. */
export function featureTests(): readonly FeatureTest[] {
  const files = readdirSync(folder).filter((file) => file.endsWith('.test.ts'))
  return files.sort().flatMap((file) => testsIn(file, readFileSync(new URL(file, folder), 'utf8')))
}

const CALL = /^feature\(/gm
const READABLE = /^feature\(\s*'([A-Z]\d+[a-z]?)',\s*(?:'([^'\n]+)'|"([^"\n]+)"),\s*\[([^\]]*)\],/gm

function testsIn(file: string, source: string): readonly FeatureTest[] {
  const tests = [...source.matchAll(READABLE)].map(([, id = '', plain, quoted, doors = '']) => ({
    id,
    name: plain ?? quoted ?? '',
    doors: [...doors.matchAll(/'(\w+)'/g)].map(([, door = '']) => door),
    file,
  }))
  if (tests.length !== [...source.matchAll(CALL)].length)
    throw new RangeError(`${file}: a feature() is not written as id, name and doors in plain text`)
  return tests
}

/** As they are called in the documentation. */
const doorNames: Readonly<Record<string, string>> = {
  rest: 'REST',
  upload: 'upload',
  automerge: 'automerge-repo',
  yjs: 'y-websocket',
  sync: 'sync',
  sdk: 'SDK',
  sql: 'SQL',
  stream: 'event stream',
  process: 'server process',
}

export function renderFeaturesPage(): string {
  const tests = featureTests()
  const testsOf = ({ id }: Feature): readonly FeatureTest[] => tests.filter((test) => test.id === id)
  const groups = sources.map((source) => ({
    ...source,
    rows: features.filter(({ id }) => id.startsWith(source.prefix)),
  }))
  const summary = groups.map(({ title, rows }) => {
    const shown = rows.filter((row) => testsOf(row).length > 0).length
    return `| [${title}](#${anchorOf(title)}) | ${rows.length} | ${shown} | ${rows.length - shown} |`
  })
  return [
    '# Features',
    '',
    'What Sluice must do, row by row, as the documents that it answers to ask for it, and the tests that show it. A',
    'test goes through real doors: a server process, its HTTP and sockets, unmodified clients, and the SQL tables',
    'beside it. This page is written by `node scripts/write-features-page.mjs` from',
    '[the table of rows](../test/acceptance/features.ts) and the suite; no row is marked by hand, and a test compares.',
    '',
    'Run the suite with `npx vitest run test/acceptance`; `-t "P6:"` runs the tests of one row.',
    '',
    '| source | rows | shown | not yet |',
    '| --- | --- | --- | --- |',
    ...summary,
    '',
    ...groups.flatMap(({ title, rows }) => [
      `## ${title}`,
      '',
      ...rows.flatMap((row) => section(row, testsOf(row))),
    ]),
  ].join('\n')
}

const section = ({ id, text }: Feature, tests: readonly FeatureTest[]): readonly string[] => [
  `**${id}** ${text}`,
  '',
  ...(tests.length === 0 ? ['- _not yet_'] : tests.map(lineOf)),
  '',
]

const lineOf = ({ name, doors, file }: FeatureTest): string =>
  `- ${name} — ${doors.map((door) => doorNames[door] ?? door).join(', ')} · [${file}](../test/acceptance/${file})`

const anchorOf = (title: string): string =>
  title
    .toLowerCase()
    .replace(/[^\w\s-]/g, '')
    .replace(/\s/g, '-')
