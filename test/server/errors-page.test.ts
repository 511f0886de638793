// The closed table of errors: a page that tells the truth, no row that nothing gives, no code without a row.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { renderErrorsPage } from '../../server/errors-page.ts'
import { errorTable } from '../../shared/errors/error-table.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const TABLE = join(root, 'shared', 'errors', 'error-table.ts')
/** Names codes that others have given, to sort them: that is no use of them. */
const SORTS_CODES = join(root, 'server', 'plan', 'execute-upload.ts')
/** A code that is given: to a constructor or a function, as a member, or as one of two. */
const GIVEN = /(?:\(\s*|code: |code = |[?:] )'([a-z_]+)'/g
const NAMED = /(?:new SluiceError|refused|refusal)\(\s*'([a-z_]+)'/g

const sources = ['server', 'shared', 'client'].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => file !== TABLE),
)

const codesIn = (files: readonly string[], pattern: RegExp): ReadonlySet<string> =>
  new Set(
    files.flatMap((file) => [...readFileSync(file, 'utf8').matchAll(pattern)].map(([, code]) => code ?? '')),
  )

describe('docs/ERRORS.md', () => {
  it('is what the table of errors says', () => {
    expect(readFileSync(join(root, 'docs', 'ERRORS.md'), 'utf8')).toBe(renderErrorsPage())
  })

  it('lists every code that the sources refuse with', () => {
    const named = codesIn(sources, NAMED)
    expect(named.size).toBeGreaterThan(20)
    expect([...named].filter((code) => !(code in errorTable))).toEqual([])
    for (const code of named) expect(renderErrorsPage()).toContain(`| \`${code}\` |`)
  })

  it('lists no code that nothing refuses with', () => {
    const given = codesIn(
      sources.filter((file) => file !== SORTS_CODES),
      GIVEN,
    )
    expect(Object.keys(errorTable).filter((code) => !given.has(code))).toEqual([])
  })
})
