// The configuration is loaded without a build step, from wherever it lies.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { loadConfig } from '../../server/load-config.ts'

const folder = mkdtempSync(join(tmpdir(), 'sluice-config-'))
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function write(source: string): string {
  const folderNow = mkdtempSync(join(tmpdir(), 'sluice-config-'))
  const file = join(folderNow, 'sluice.config.ts')
  writeFileSync(file, source)
  return file
}

describe('loadConfig', () => {
  it('loads TypeScript that imports sluice, outside of any package', async () => {
    const file = write(`
      import { collection, defineConfig, s } from 'sluice'
      const name: string = 'tickets'
      export default defineConfig({ schema: { [name]: collection({ title: s.string() }) } })
    `)
    const checked = await loadConfig(file)
    expect(checked.ok && [...checked.schema.keys()]).toEqual(['tickets'])
  })

  it('says what is wrong: a missing file, an error in it, a wrong schema', async () => {
    expect(await loadConfig(join(folder, 'none.ts'))).toMatchObject({
      ok: false,
      problems: [expect.stringContaining('SLUICE_CONFIG')],
    })
    expect(await loadConfig(write('export default {'))).toMatchObject({
      ok: false,
      problems: [expect.stringContaining('could not be loaded')],
    })
    const wrong = write(`import { collection, s } from 'sluice'
      export default { schema: { patients: collection({ tenant: s.string() }) } }`)
    expect(await loadConfig(wrong)).toMatchObject({
      ok: false,
      problems: [expect.stringMatching(/"tenant" of collection "patients".*rename/)],
    })
  })
})
