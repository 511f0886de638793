/** The contract of `search` (S1, S2). */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Storage } from '../../../server/storage/storage.ts'
import type { RecordKey } from '../../../shared/record/record-key.ts'
import { at, fieldsPlan, newKey, storedText, textPlan, viewOf } from './plan-fixture.ts'
import type { ContractSubject, OpenSubject } from './subject.ts'

export function searchContract(open: OpenSubject): void {
  describe('search', () => {
    let subject: ContractSubject
    let storage: Storage
    const key = newKey('clinic')
    beforeAll(async () => {
      subject = await open()
      storage = subject.storage
      await record(key)
      await show(key, 1, {
        notes: 'The patient has a <b>rare</b> fever & coughs.',
        summary: 'Fièvre, no more.',
      })
    })
    afterAll(() => subject.cleanup())

    async function record(owner: RecordKey): Promise<void> {
      await storage.commit(fieldsPlan(owner, 0, 1, { view: viewOf({ name: 'Ada' }) }))
      for (const version of [0, 1, 2]) await storage.commit(textPlan(owner, version, version + 2))
    }
    async function show(owner: RecordKey, textVersion: number, texts: Record<string, string>): Promise<void> {
      const result = await storage.commitText({
        key: owner,
        textVersion,
        texts: Object.fromEntries(Object.entries(texts).map(([field, plain]) => [field, storedText(plain)])),
        updatedAt: at(4),
        snapshot: null,
      })
      expect(result).toEqual({ status: 'committed' })
      expect(await storage.search.index(owner)).toEqual({ status: 'committed' })
    }
    const foundFields = async (query: string, tenant = 'clinic') =>
      (await storage.search.find(tenant, query, 20)).map(({ field }) => field)

    test('S1: finds all words in any order, the last one by its start, whatever case or accents', async () => {
      expect(await foundFields('fever patient')).toEqual(['notes'])
      expect(await foundFields('PATIENT fev')).toEqual(['notes'])
      expect(await foundFields('fievre')).toEqual(['summary'])
      expect(await foundFields('fev patient')).toEqual([])
      expect(await foundFields('nothing')).toEqual([])
    })

    test('an excerpt marks the matches and escapes everything else', async () => {
      expect(await storage.search.find('clinic', 'rare fever', 20)).toEqual([
        {
          key,
          field: 'notes',
          excerpt: 'The patient has a &lt;b&gt;<mark>rare</mark>&lt;/b&gt; <mark>fever</mark> &amp; coughs.',
        },
      ])
    })

    test('control characters in a text make no marks and hide nothing behind them', async () => {
      const odd = newKey('odd')
      await record(odd)
      await show(odd, 1, { notes: '\u0001zebra\u0002 \0 stripes "x" \'y\'' })
      const [hit] = await storage.search.find('odd', 'stripes', 5)
      expect(hit?.excerpt).toMatch(/^ ?zebra {1,4}<mark>stripes<\/mark> &quot;x&quot; &#39;y&#39;$/)
    })

    test.each([
      '"',
      "'",
      '*',
      '""*',
      'fever"',
      'fever AND',
      'NOT fever',
      'plain:fever',
      'NEAR(a b)',
      '^fever',
      '(fever',
      'fever -patient',
      'a OR b',
      '',
      '  ',
      '\0',
      '\u0301',
      '😀',
      '{fever}:',
      '+',
      '\ud800',
    ])('the query %j is plain words, never syntax', async (query) => {
      await expect(storage.search.find('clinic', query, 5)).resolves.toBeInstanceOf(Array)
    })

    test('words that would be syntax are looked for as words', async () => {
      expect(await foundFields('fever* patient')).toEqual(['notes'])
      expect(await foundFields('"fever" (patient)')).toEqual(['notes'])
      expect(await foundFields('nothing OR fever')).toEqual([])
    })

    test('a tenant finds only its own texts, at most as many as it asks for', async () => {
      expect(await foundFields('fever', 'another')).toEqual([])
      for (let index = 0; index < 3; index++) {
        const owner = newKey('crowd')
        await record(owner)
        await show(owner, 1, { notes: 'fever' })
      }
      expect(await storage.search.find('crowd', 'fever', 2)).toHaveLength(2)
    })

    test('S2: what was projected and not indexed is known to lag, and is found once it is indexed', async () => {
      const owner = newKey('late')
      const lags = async () => (await storage.search.lagging(99)).some(({ id }) => id === owner.id)
      await record(owner)
      await show(owner, 1, { notes: 'alpha', summary: 'gamma' })
      expect(await lags()).toBe(false)
      const texts = { notes: storedText('beta') }
      await storage.commitText({ key: owner, textVersion: 2, texts, updatedAt: at(5), snapshot: null })
      expect(await lags()).toBe(true)
      expect(await foundFields('alpha', 'late')).toEqual(['notes'])
      await storage.search.index(owner)
      expect(await lags()).toBe(false)
      expect(await foundFields('alpha', 'late')).toEqual([])
      expect(await foundFields('beta', 'late')).toEqual(['notes'])
    })

    test('a record that is deleted before it is indexed is not found, nor one that there never was', async () => {
      const owner = newKey('gone')
      await record(owner)
      await storage.commitText({
        key: owner,
        textVersion: 1,
        texts: { notes: storedText('alpha') },
        updatedAt: at(5),
        snapshot: null,
      })
      await storage.commit(fieldsPlan(owner, 1, 5, { view: viewOf({ name: 'Ada' }, { deleted: true }) }))
      for (const one of [owner, newKey('gone')])
        expect(await storage.search.index(one)).toEqual({ status: 'committed' })
      expect(await foundFields('alpha', 'gone')).toEqual([])
      expect((await storage.search.lagging(99)).map(({ id }) => id)).not.toContain(owner.id)
    })

    test('S2: a text is found as it is now, and not at all once its record is deleted', async () => {
      const owner = newKey('moving')
      await record(owner)
      await show(owner, 1, { notes: 'alpha', summary: 'gamma' })
      await show(owner, 2, { notes: 'beta' })
      expect(await foundFields('alpha', 'moving')).toEqual([])
      expect(await foundFields('beta', 'moving')).toEqual(['notes'])
      expect(await foundFields('gamma', 'moving')).toEqual(['summary'])
      const deleted = viewOf({ name: 'Ada' }, { deleted: true })
      await storage.commit(fieldsPlan(owner, 1, 5, { view: deleted }))
      expect(await foundFields('beta', 'moving')).toEqual([])
    })
  })
}
