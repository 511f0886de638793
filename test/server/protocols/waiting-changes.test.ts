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

const known = (hashes: readonly string[], lastOp: number) => ({
  has: (hash: string) => hashes.includes(hash),
  lastOp,
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
})
