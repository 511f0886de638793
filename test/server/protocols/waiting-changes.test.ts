// Changes that came before what they build on (W6): handed out once, and only when they can be taken.
import { describe, expect, it } from 'vitest'
import { readChangeChunk } from '../../../server/gate/automerge-chunk.ts'
import { defaultAutomergeLimits } from '../../../server/gate/automerge-gate.ts'
import { WaitingChanges } from '../../../server/protocols/waiting-changes.ts'
import { forged } from '../gate/signed-chunk.ts'

const change = (seq: number, deps: readonly string[], startOp = seq): Uint8Array =>
  forged([{ action: 'set', obj: '_root', key: 'k', value: seq }], {
    actor: 'ee'.repeat(16),
    seq,
    startOp,
    deps: [...deps].sort(),
  })

function hashOf(bytes: Uint8Array): string {
  const read = readChangeChunk(bytes, defaultAutomergeLimits)
  return read.ok ? read.chunk.hash : expect.fail()
}

const known = (hashes: readonly string[], lastOp: number, coming: readonly string[] = []) => ({
  has: (hash: string) => hashes.includes(hash),
  version: hashes.length + lastOp,
  lastOp,
  coming,
})
const ROOT = 'ab'.repeat(32)

describe('changes that wait', () => {
  it('W6: are handed out together once their root is there, each after what it builds on, and then no more', () => {
    const first = change(2, [ROOT])
    const second = change(3, [hashOf(first)])
    const third = change(4, [hashOf(second)])
    const waiting = new WaitingChanges(defaultAutomergeLimits)
    for (const one of [third, second, first, second]) waiting.add(one)
    expect(waiting.count).toBe(3)
    expect(waiting.missing(known([], 0))).toEqual([ROOT])
    expect(waiting.takeReady(known([], 1))).toEqual([])
    expect(waiting.takeReady(known([ROOT], 1)).map(hashOf)).toEqual([first, second, third].map(hashOf))
    expect([waiting.count, waiting.bytes]).toEqual([0, 0])
    expect(waiting.takeReady(known([ROOT], 1))).toEqual([])
  })

  it('W6: wait as well for operations that their author had counted, though they build on none of them', () => {
    const waiting = new WaitingChanges(defaultAutomergeLimits)
    waiting.add(change(2, [ROOT], 9))
    expect(waiting.takeReady(known([ROOT], 7))).toEqual([])
    expect(waiting.missing(known([ROOT], 7))).toEqual([])
    expect(waiting.takeReady(known([ROOT], 8))).toHaveLength(1)
  })

  it('W6: of which one lacks something else keep that one back', () => {
    const waiting = new WaitingChanges(defaultAutomergeLimits)
    const one = change(2, [ROOT])
    waiting.add(one)
    waiting.add(change(3, [hashOf(one), 'cd'.repeat(32)]))
    expect(waiting.takeReady(known([ROOT], 1)).map(hashOf)).toEqual([hashOf(one)])
    expect([waiting.count, waiting.missing(known([ROOT, hashOf(one)], 2))]).toEqual([1, ['cd'.repeat(32)]])
  })

  it('W6: are looked at again only when the record has more; those that are new, at once', () => {
    const waiting = new WaitingChanges(defaultAutomergeLimits)
    const asked: string[] = []
    const record = (hashes: readonly string[], version: number) => ({
      ...known(hashes, 1),
      version,
      has: (hash: string) => {
        asked.push(hash)
        return hashes.includes(hash)
      },
    })
    for (let seq = 2; seq < 100; seq++) waiting.add(change(seq, [ROOT], 1))
    expect(waiting.takeReady(record([], 1))).toEqual([])
    expect(asked.length).toBe(98)
    waiting.add(change(100, ['cd'.repeat(32)], 1))
    expect(waiting.takeReady(record([], 1))).toEqual([])
    expect(asked.slice(98)).toEqual(['cd'.repeat(32)])
    expect(waiting.takeReady(record([ROOT], 2))).toHaveLength(98)
  })

  it('W6: that were handed out too early are not handed out again before the record has more', () => {
    const waiting = new WaitingChanges(defaultAutomergeLimits)
    waiting.add(change(2, [ROOT]))
    const [early] = waiting.takeReady(known([ROOT], 1))
    waiting.putBack(early ?? expect.fail())
    expect([waiting.count, waiting.takeReady(known([ROOT], 1))]).toEqual([1, []])
    expect(waiting.takeReady(known([ROOT], 2))).toHaveLength(1)
  })

  it('R2: do not wait for a container that the record gets before them', () => {
    const waiting = new WaitingChanges(defaultAutomergeLimits)
    waiting.add(change(2, [ROOT], 9))
    expect(waiting.takeReady(known([], 1, [ROOT]))).toHaveLength(1)
  })

  it('R2: that are themselves such a container are handed out like others', () => {
    const waiting = new WaitingChanges(defaultAutomergeLimits)
    const genesis = change(1, [])
    waiting.add(genesis)
    expect(waiting.takeReady(known([], 0, [hashOf(genesis)]))).toHaveLength(1)
  })

  it('W9: what cannot be read is not kept', () => {
    const waiting = new WaitingChanges(defaultAutomergeLimits)
    expect([waiting.add(Uint8Array.of(1, 2, 3)), waiting.count, waiting.bytes]).toEqual([false, 0, 0])
  })
})
