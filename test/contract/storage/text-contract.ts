/** The contract of `commitText` and `laggingTexts` (S2). */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Storage } from '../../../server/storage/storage.ts'
import type { RecordKey } from '../../../shared/record/record-key.ts'
import { at, fieldsPlan, newKey, storedText, textPlan, textProjection, viewOf } from './plan-fixture.ts'
import type { ContractSubject, OpenSubject } from './subject.ts'

const committed = { status: 'committed' }
const stale = { status: 'stale' }

export function textContract(open: OpenSubject): void {
  describe('text projection', () => {
    let subject: ContractSubject
    let storage: Storage
    beforeAll(async () => {
      subject = await open()
      storage = subject.storage
    })
    afterAll(() => subject.cleanup())

    const lagging = async (...keys: readonly RecordKey[]) => {
      const ids = new Set(keys.map(({ id }) => id))
      return (await storage.laggingTexts(99)).filter(({ id }) => ids.has(id))
    }
    const rowsOf = async (...keys: readonly RecordKey[]) => {
      const ids = new Set<unknown>(keys.map(({ id }) => id))
      return (await subject.rows('patients')).filter(({ id }) => ids.has(id))
    }

    test('S2: a projection writes columns, offset, updated_at and snapshot together', async () => {
      const key = newKey()
      await storage.commit(fieldsPlan(key, 0, 1, { view: viewOf({ name: 'Ada' }) }))
      await storage.commit(textPlan(key, 0, 2))
      await storage.commit(textPlan(key, 1, 3))
      expect(await storage.readRecord(key)).toMatchObject({
        textVersion: 2,
        projectedTextVersion: 0,
        texts: {},
      })
      const projection = textProjection(key, 2, 'hello', { updatedAt: at(3), snapshot: Uint8Array.of(7) })
      expect(await storage.commitText(projection)).toEqual(committed)
      expect(await storage.readRecord(key)).toMatchObject({
        projectedTextVersion: 2,
        texts: { notes: { plain: 'hello', structure: [{ insert: 'hello' }] } },
      })
      expect(await rowsOf(key)).toMatchObject([
        { id: key.id, notes: 'hello', notes_json: '[{"insert":"hello"}]', summary: null, updated_at: at(3) },
      ])
      expect(await storage.load(key, 'text')).toMatchObject({
        version: 2,
        snapshot: { version: 2, bytes: Uint8Array.of(7) },
        tail: [],
      })
    })

    test('S5: what rooms load of a text is what its lane holds, whatever has become of it', async () => {
      const key = newKey()
      const loadsAlike = async () => {
        const { tail, ...text } = await storage.loadText(key)
        const lane = await storage.load(key, 'text')
        const { version, erasure, snapshot, chain, bindings } = lane
        const receivedAt = lane.tail.at(-1)?.origin.receivedAt ?? null
        expect(text).toEqual({ version, erasure, snapshot, chain, bindings, receivedAt })
        expect(tail).toEqual(lane.tail.map(({ bytes }) => bytes))
        return tail.length
      }
      expect(await loadsAlike()).toBe(0)
      await storage.commit(fieldsPlan(key, 0, 1, { view: viewOf({}) }))
      expect(await loadsAlike()).toBe(0)
      for (const version of [0, 1]) await storage.commit(textPlan(key, version, version + 2))
      expect(await loadsAlike()).toBe(2)
      await storage.commitText(textProjection(key, 2, 'hello', { snapshot: Uint8Array.of(7) }))
      expect(await loadsAlike()).toBe(0)
      await storage.commit(textPlan(key, 2, 4))
      expect(await loadsAlike()).toBe(1)
    })

    test('S2: the offset never moves back, and may stay', async () => {
      const key = newKey()
      await storage.commit(fieldsPlan(key, 0, 1, { view: viewOf({}) }))
      for (const version of [0, 1, 2]) await storage.commit(textPlan(key, version, version + 2))
      expect(await storage.commitText(textProjection(key, 2, 'two'))).toEqual(committed)
      expect(await storage.commitText(textProjection(key, 1, 'one'))).toEqual(stale)
      expect(await storage.readRecord(key)).toMatchObject({
        projectedTextVersion: 2,
        texts: { notes: { plain: 'two' } },
      })
      expect(await storage.commitText(textProjection(key, 2, 'two, again'))).toEqual(committed)
      expect(await storage.readRecord(key)).toMatchObject({ texts: { notes: { plain: 'two, again' } } })
    })

    test('a projection of a text, a collection or a version that does not exist is refused', async () => {
      const key = newKey()
      await storage.commit(textPlan(key, 0, 1))
      expect(await storage.commitText(textProjection(newKey(), 1, 'x'))).toEqual(stale)
      expect(await storage.commitText(textProjection(key, 2, 'x'))).toMatchObject({
        status: 'failed',
        fatal: false,
      })
      const unknown = { texts: { diary: storedText('x') } }
      expect(await storage.commitText(textProjection(key, 1, 'x', unknown))).toMatchObject({
        status: 'failed',
      })
      expect(await storage.readRecord(key)).toMatchObject({ projectedTextVersion: 0 })
    })

    test('S2: the row is updated, never inserted, and updated_at is never older than it was', async () => {
      const [withRow, textAlone] = [newKey(), newKey()]
      await storage.commit(fieldsPlan(withRow, 0, 9, { view: viewOf({}) }))
      await storage.commit(textPlan(withRow, 0, 2))
      await storage.commit(textPlan(textAlone, 0, 3))
      await storage.commitText(textProjection(withRow, 1, 'row', { updatedAt: at(2) }))
      await storage.commitText(textProjection(textAlone, 1, 'no row'))
      expect(await rowsOf(withRow, textAlone)).toMatchObject([
        { id: withRow.id, notes: 'row', updated_at: at(9) },
      ])
      expect(await storage.readRecord(textAlone)).toMatchObject({ projectedTextVersion: 1, texts: {} })
    })

    test('a record that gets its row after its text was projected has its text projected again', async () => {
      const key = newKey()
      await storage.commit(textPlan(key, 0, 1))
      await storage.commitText(textProjection(key, 1, 'first'))
      expect(await lagging(key)).toEqual([])
      await storage.commit(fieldsPlan(key, 0, 2, { view: viewOf({ name: 'Ada' }) }))
      expect(await lagging(key)).toEqual([key])
      await storage.commit(fieldsPlan(key, 1, 3, { view: viewOf({ name: 'Bob' }) }))
      await storage.commitText(textProjection(key, 1, 'first'))
      await storage.commit(fieldsPlan(key, 2, 4, { view: viewOf({ name: 'Cy' }) }))
      expect(await lagging(key)).toEqual([])
      expect(await storage.readRecord(key)).toMatchObject({ texts: { notes: { plain: 'first' } } })
    })

    test('a deleted record that comes back has its texts projected again', async () => {
      const key = newKey('undeleted')
      const view = viewOf({ name: 'Ada' })
      await storage.commit(fieldsPlan(key, 0, 1, { view }))
      await storage.commit(textPlan(key, 0, 2))
      await storage.commitText(textProjection(key, 1, 'hello'))
      await storage.commit(fieldsPlan(key, 1, 3, { view: { ...view, deleted: true } }))
      expect(await storage.readRecord(key)).toMatchObject({
        deleted: true,
        projectedTextVersion: 1,
        texts: {},
      })
      await storage.commit(textPlan(key, 1, 4))
      expect(await storage.commitText(textProjection(key, 2, 'hello you'))).toEqual(committed)
      await storage.search.index(key)
      expect(await storage.search.find('undeleted', 'hello', 9)).toEqual([])
      await storage.commit(fieldsPlan(key, 2, 5, { view }))
      expect(await storage.readRecord(key)).toMatchObject({
        deleted: false,
        projectedTextVersion: 0,
        texts: {},
      })
      expect(await lagging(key)).toEqual([key])
      await storage.commitText(textProjection(key, 2, 'hello you'))
      expect(await storage.readRecord(key)).toMatchObject({ texts: { notes: { plain: 'hello you' } } })
    })

    test('S2: the text that waits longest comes first, however often another one is written', async () => {
      const [busy, quiet, current] = [newKey(), newKey(), newKey()]
      for (const [second, key] of [current, busy, quiet].entries())
        await storage.commit(textPlan(key, 0, second))
      await storage.commitText(textProjection(current, 1, 'x'))
      expect(await lagging(current, busy, quiet)).toEqual([busy, quiet])
      await storage.commit(textPlan(busy, 1, 5))
      expect(await lagging(current, busy, quiet)).toEqual([busy, quiet])
      await storage.commitText(textProjection(busy, 1, 'x'))
      await storage.commit(textPlan(busy, 2, 6))
      expect(await lagging(current, busy, quiet)).toEqual([quiet, busy])
      expect(await storage.laggingTexts(1)).toHaveLength(1)
    })
  })
}
