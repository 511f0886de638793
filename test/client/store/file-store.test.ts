// The file driver: what survives a crash, and what it says about a medium that does not take what it is given.
import { existsSync } from 'node:fs'
import { appendFile, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { encodeBatch } from '../../../client/store/batch-line.ts'
import { fileStore } from '../../../client/store/file-store.ts'
import { clientStoreContract, put } from '../../contract/client-store-contract.ts'

const folder = await mkdtemp(join(tmpdir(), 'sluice-client-'))
afterAll(() => rm(folder, { recursive: true }))
let files = 0
const freshFile = (): string => join(folder, 'deep', `${++files}.log`)

clientStoreContract('file', async () => fileStore(freshFile()))

describe('fileStore', () => {
  it('drops a line that was half written when the app went, and goes on behind it', async () => {
    const file = freshFile()
    const store = await fileStore(file)()
    await store.write([put('change', 'a', 1)])
    await store.close()
    const line = encodeBatch([put('change', 'b', 2), put('change', 'c', 3)])
    for (const cut of [1, 10, line.length - 1]) {
      await appendFile(file, line.slice(0, cut))
      const again = await fileStore(file)()
      expect(await again.list('change')).toEqual([{ key: 'a', value: 1 }])
      await again.close()
    }
    const last = await fileStore(file)()
    await last.write([put('change', 'd', 4)])
    await last.close()
    const reopened = await fileStore(file)()
    expect((await reopened.list('change')).map(({ key }) => key)).toEqual(['a', 'd'])
    await reopened.close()
  })

  it('does not open a file that was damaged elsewhere than at its end', async () => {
    const file = freshFile()
    const store = await fileStore(file)()
    await store.write([put('change', 'a', 1)])
    await store.write([put('change', 'b', 2)])
    await store.close()
    const text = await readFile(file, 'utf8')
    await writeFile(file, text.replace('"a"', '"x"'))
    await expect(fileStore(file)()).rejects.toMatchObject({ name: 'StoreProblem', kind: 'failed' })
    expect(await readFile(file, 'utf8')).toContain('"b"')
  })

  it('writes the log anew when most of it is history', async () => {
    const file = freshFile()
    const store = await fileStore(file)()
    const large = 'x'.repeat(20_000)
    for (let at = 0; at < 40; at++) await store.write([put('record', 'a', `${at} ${large}`)])
    await store.close()
    expect((await stat(file)).size).toBeLessThan(400_000)
    const again = await fileStore(file)()
    expect(await again.read('record', 'a')).toBe(`39 ${large}`)
    await again.close()
  })

  it('is not opened by two apps at once, and is free again after a crash', async () => {
    const file = freshFile()
    const store = await fileStore(file)()
    await expect(fileStore(file)()).rejects.toMatchObject({ kind: 'blocked' })
    await store.close()
    await writeFile(`${file}.lock`, '999999999')
    const again = await fileStore(file)()
    await again.close()
  })

  it('says that a place cannot be written', async () => {
    await expect(fileStore('/dev/null/store')()).rejects.toMatchObject({ name: 'StoreProblem' })
  })

  // Linux answers every write to /dev/full as a full disk does.
  it.skipIf(!existsSync('/dev/full'))(
    'says that a disk is full, keeps what was durable, and takes the rest once there is space',
    async () => {
      const file = freshFile()
      const store = await fileStore(file)()
      const large = 'x'.repeat(150_000)
      await store.write([put('record', 'a', large)])
      await store.write([put('record', 'a', large)])
      await symlink('/dev/full', `${file}.new`)
      await expect(store.write([put('record', 'b', 1)])).rejects.toMatchObject({ kind: 'full' })
      expect(await store.read('record', 'b')).toBeUndefined()
      await rm(`${file}.new`, { force: true })
      await store.write([put('record', 'c', 1)])
      await store.close()
      const again = await fileStore(file)()
      expect((await again.list('record')).map(({ key }) => key)).toEqual(['a', 'c'])
      await again.close()
    },
  )
})
