// A page of the documentation whose snippets run. Blocks marked `ts config` declare collections; `sh` and `js run`
// blocks are programs, and a `json` block right behind one is what it prints last. Under each heading the shell
// keeps its variables, and those of the page's first heading are known everywhere.
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

export interface Program {
  readonly language: 'sh' | 'js run'
  readonly source: string
  /** What it prints last; null if the page does not say. */
  readonly answer: string | null
}

export interface Section {
  readonly heading: string
  readonly programs: readonly Program[]
}

export interface RunnablePage {
  /** A configuration of all collections that the page declares. */
  readonly config: string
  /** Those that have something to run. */
  readonly sections: readonly Section[]
}

const BLOCK = /^```([\w ]+)\n([\s\S]*?)^```$/gm

export function readPage(markdown: string): RunnablePage {
  const collections = [...markdown.matchAll(BLOCK)].flatMap(([, mark, source = '']) =>
    mark === 'ts config' ? [source] : [],
  )
  const sections = markdown
    .split(/^## /m)
    .slice(1)
    .map((text) => ({ heading: text.slice(0, text.indexOf('\n')), programs: programsIn(text) }))
  return {
    config: `import { collection, defineConfig, s } from 'sluice'\nexport default defineConfig({ schema: {\n${collections.join('')}} })\n`,
    sections: sections.filter(({ programs }) => programs.length > 0),
  }
}

function programsIn(text: string): readonly Program[] {
  const blocks = [...text.matchAll(BLOCK)].map(([, mark, source = '']) => ({ mark, source }))
  return blocks.flatMap(({ mark, source }, at) => {
    if (mark !== 'sh' && mark !== 'js run') return []
    const next = blocks[at + 1]
    return [{ language: mark, source, answer: next?.mark === 'json' ? next.source : null }]
  })
}

const DEMO = '127.0.0.1:4800'
const root = fileURLToPath(new URL('../..', import.meta.url))
const MARK = '--- end of block ---'

/** Runs the programs of a section on a server. @returns what each prints last. */
export async function runSection(
  port: number,
  setUp: readonly Program[],
  { programs }: Section,
): Promise<readonly string[]> {
  const steps = [...setUp, ...programs].map(
    ({ language, source }) =>
      `${language === 'sh' ? source : `node --input-type=module <<'PROGRAM'\n${source}PROGRAM\n`}echo; echo '${MARK}'\n`,
  )
  // An answer has no line end of its own.
  const script = `curl() { command curl -s "$@"; echo; }\n${steps.join('')}`.replaceAll(
    DEMO,
    `127.0.0.1:${port}`,
  )
  const { stdout } = await promisify(execFile)('bash', ['-e', '-c', script], { cwd: root })
  return stdout
    .split(`${MARK}\n`)
    .slice(setUp.length, -1)
    .map((output) => output.trim().split('\n').at(-1) ?? '')
}
