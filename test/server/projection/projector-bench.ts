/** A projector on a store of its own, a log to look into, and people who type. */
import { afterAll, afterEach, beforeEach } from 'vitest'
import * as Y from 'yjs'
import { createTextMaterializer } from '../../../server/projection/text-materializer.ts'
import type { TextNews } from '../../../server/projection/text-news.ts'
import type { TextProjector, TextProjectorOptions } from '../../../server/projection/text-projector.ts'
import { createTextProjector } from '../../../server/projection/text-projector.ts'
import type { CommitResult, TextProjection } from '../../../server/storage/storage.ts'
import type { RecordKey } from '../../../shared/record/record-key.ts'
import { at, entryAt, fieldsPlan, newKey, textPlan, viewOf } from '../../contract/storage/plan-fixture.ts'
import { contractSchema } from '../../contract/storage/subject.ts'
import type { SqliteSubject } from '../storage/sqlite/sqlite-subject.ts'
import { openSubject } from '../storage/sqlite/sqlite-subject.ts'

interface LogLine {
  readonly level: 'info' | 'error'
  readonly details: Readonly<Record<string, unknown>>
}

export const materializer = createTextMaterializer()
afterAll(() => materializer.close())

export let subject: SqliteSubject
export let lines: LogLine[]
let projectors: TextProjector[]
beforeEach(async () => {
  subject = await openSubject()
  lines = []
  projectors = []
})
afterEach(async () => {
  await Promise.all(projectors.map((projector) => projector.close()))
  await subject.cleanup()
})

/** A projector that retries soon and does not sweep on its own unless told to. */
export function project(options: Partial<TextProjectorOptions> = {}): TextProjector {
  const line =
    (level: LogLine['level']) =>
    (details: LogLine['details']): void => {
      lines.push({ level, details })
    }
  const projector = createTextProjector({
    storage: subject.storage,
    schema: contractSchema,
    materializer,
    log: { info: line('info'), error: line('error') },
    onProjected: () => undefined,
    ...options,
    pace: { retryMs: 20, sweepMs: 60_000, ...options.pace },
  })
  projectors.push(projector)
  return projector
}

/** A record with a row, and somebody who types in one of its texts. */
export async function newTypist(field = 'notes') {
  const key = newKey()
  await subject.storage.commit(fieldsPlan(key, 0, 1, { view: viewOf({ name: 'Ada' }) }))
  const doc = new Y.Doc()
  const updates: Uint8Array[] = []
  doc.on('update', (update: Uint8Array) => updates.push(update))
  let version = 0
  return {
    key,
    /** @returns what a room would say of it. */
    async type(string: string, second = version + 2): Promise<TextNews> {
      doc.getText(field).insert(doc.getText(field).length, string)
      return await this.commit(updates.at(-1) ?? new Uint8Array(), second)
    },
    async commit(bytes: Uint8Array, second = version + 2): Promise<TextNews> {
      const entry = { ...entryAt(second), kind: 'update' as const, hash: null, bytes }
      await subject.storage.commit(textPlan(key, version, second, { journal: [entry] }))
      version += 1
      return { after: version - 1, version, updates: [bytes], entries: 1, receivedAt: at(second) }
    },
  }
}

export const plainOf = async (key: RecordKey, field = 'notes'): Promise<string | undefined> =>
  (await subject.storage.readRecord(key))?.texts[field]?.plain

/** The store, with a look at each reading of a journal. */
export function readingsObserved(look: () => void): TextProjectorOptions['storage'] {
  const { storage } = subject
  return {
    ...observed(() => undefined),
    loadText: (key) => {
      look()
      return storage.loadText(key)
    },
  }
}

/** The store, with a look at each text before it is committed; a result that is given replaces the commit. */
export function observed(
  look: (projection: TextProjection) => CommitResult | undefined | Promise<CommitResult | undefined>,
): TextProjectorOptions['storage'] {
  const { storage } = subject
  return {
    loadText: (key) => storage.loadText(key),
    readFields: (key) => storage.readFields(key),
    laggingTexts: (limit) => storage.laggingTexts(limit),
    commitText: async (projection) => (await look(projection)) ?? storage.commitText(projection),
  }
}
