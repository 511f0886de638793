// The Bloom filter of the sync protocol, against the library's own.
import * as Automerge from '@automerge/automerge'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { BloomFilter } from '../../../server/gate/bloom-filter.ts'

const hash = fc
  .uint8Array({ minLength: 32, maxLength: 32 })
  .map((bytes) => Buffer.from(bytes).toString('hex'))

it('is the filter that the library makes of the same changes', () => {
  for (const count of [1, 2, 7, 40, 333]) {
    let doc = Automerge.init<Record<string, unknown>>()
    for (let n = 0; n < count; n++)
      doc = Automerge.change(doc, (root) => {
        root.n = n
      })
    const [, message] = Automerge.generateSyncMessage(doc, Automerge.initSyncState())
    const [have] = Automerge.decodeSyncMessage(message ?? new Uint8Array()).have
    const hashes = Automerge.getAllChanges(doc).map((change) => Automerge.decodeChange(change).hash)
    expect([...BloomFilter.of(hashes).encoded]).toEqual([...(have?.bloom ?? [])])
    expect(hashes.every((one) => BloomFilter.read(have?.bloom ?? new Uint8Array()).has(one))).toBe(true)
  }
})

it('has what was put in, and of the rest one in a hundred or so', () => {
  fc.assert(
    fc.property(fc.uniqueArray(hash, { maxLength: 60 }), (hashes) => {
      const filter = BloomFilter.read(BloomFilter.of(hashes).encoded)
      return hashes.every((one) => filter.has(one))
    }),
  )
  const [own, others] = [0, 1].map((seed) => fc.sample(hash, { numRuns: 2_000, seed }))
  const filter = BloomFilter.of(own ?? [])
  expect(others?.filter((one) => filter.has(one)).length).toBeLessThan(60)
})

it('without entries is nothing, and has nothing', () => {
  expect(BloomFilter.of([]).encoded).toEqual(new Uint8Array())
  expect(BloomFilter.read(new Uint8Array()).has('ab'.repeat(32))).toBe(false)
})
