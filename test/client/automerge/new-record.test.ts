// R1, R2 on the client: what it makes offline is what the server would have made.
import * as Automerge from '@automerge/automerge'
import { collection, defineConfig, s } from 'sluice'
import { describe, expect, it } from 'vitest'
import { newRecord } from '../../../client/automerge/new-record.ts'
import { documentIdOf } from '../../../shared/record/record-key.ts'

const config = defineConfig({
  schema: { tickets: collection({ title: s.string(), votes: s.counter(), body: s.text() }) },
})

describe('newRecord', () => {
  it('R2: two clients make the same bytes', () => {
    const [a, b] = [
      newRecord(config, { collection: 'tickets', id: 'T-1' }),
      newRecord(config, { collection: 'tickets', id: 'T-1' }),
    ]
    expect(Buffer.from(a.binary).equals(Buffer.from(b.binary))).toBe(true)
    const doc = Automerge.load<{ votes: Automerge.Counter }>(a.binary)
    expect(doc.votes.value).toBe(0)
    expect(a.documentId).toBe(documentIdOf({ tenant: 'default', collection: 'tickets', id: 'T-1' }))
    expect(newRecord(config, { collection: 'tickets', id: 'T-1', tenant: 'x' }).url).not.toBe(a.url)
  })

  it('refuses what the server would refuse', () => {
    // @ts-expect-error the collection is not in the schema
    expect(() => newRecord(config, { collection: 'nowhere', id: '1' })).toThrow(/no collection "nowhere"/)
    expect(() => newRecord(config, { collection: 'tickets', id: 'a/b' })).toThrow(/no record id/)
  })
})
