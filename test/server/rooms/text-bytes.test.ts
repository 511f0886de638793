// S5: what newcomers are told without a Y.Doc is what Yjs would tell them, whatever they have seen.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import * as Y from 'yjs'
import { defaultYjsLimits } from '../../../server/gate/yjs-limits.ts'
import { TextBytes } from '../../../server/rooms/text-bytes.ts'
import { deeds, edited } from '../../support/edited-text.ts'

const pause = async (): Promise<void> => undefined

const docOf = (updates: readonly Uint8Array[]): Y.Doc => {
  const doc = new Y.Doc()
  doc.getText('body')
  doc.getXmlFragment('page')
  for (const update of updates) Y.applyUpdate(doc, update)
  return doc
}

/** All that Yjs knows of a document; what differs between two of them shows here. */
const stateOf = (doc: Y.Doc): unknown => ({
  text: doc.getText('body').toDelta(),
  page: doc.getXmlFragment('page').toString(),
  state: Y.encodeStateAsUpdate(doc),
})

const clocksOf = (stateVector: Uint8Array): ReadonlyMap<number, number> => Y.decodeStateVector(stateVector)

describe('TextBytes', () => {
  it('S5: whoever has seen any part of a text is told what he lacks of it', async () => {
    await fc.assert(
      fc.asyncProperty(deeds, fc.nat(40), fc.nat(40), async (history, stored, seen) => {
        const { server, updates } = edited(history)
        // Some of it is stored as a snapshot, some as a tail, and some is committed while the room is open.
        const snapshot = Y.encodeStateAsUpdate(docOf(updates.slice(0, stored)))
        const tail = updates.slice(stored, stored + 5)
        const bytes = new TextBytes([snapshot, ...tail], pause)
        await bytes.ready
        for (const update of updates.slice(stored + 5)) bytes.append([update])

        expect(stateOf(docOf([await bytes.whole()]))).toEqual(stateOf(server))
        expect(await bytes.stateVector()).toEqual(Y.encodeStateVector(server))
        const reader = docOf(updates.slice(0, seen))
        Y.applyUpdate(reader, await bytes.since(clocksOf(Y.encodeStateVector(reader))))
        expect(stateOf(reader)).toEqual(stateOf(server))
      }),
      { numRuns: 300 },
    )
  })

  it('S5: a state vector that ends within a struct is answered by the rest of it', async () => {
    const doc = new Y.Doc()
    doc.clientID = 5
    doc.getText('body').insert(0, 'Grüße 🙂 aus Köln')
    const whole = Y.encodeStateAsUpdate(doc)
    const bytes = new TextBytes([whole], pause)
    for (let clock = 0; clock < 17; clock++)
      expect(await bytes.since(new Map([[5, clock]]))).toEqual(
        Y.diffUpdate(whole, Y.encodeStateVector(new Map([[5, clock]]))),
      )
  })

  it('a reader who has everything is told nothing but deletions, and what he answers is no news', async () => {
    await fc.assert(
      fc.asyncProperty(deeds, async (history) => {
        const { server, updates } = edited(history)
        const bytes = new TextBytes(updates, pause)
        await bytes.ready
        const vector = await bytes.stateVector()
        expect(Y.decodeUpdate(await bytes.since(clocksOf(vector))).structs).toEqual([])
        expect(bytes.holds(Y.encodeStateAsUpdate(server, vector), defaultYjsLimits)).toBe(true)
        const text = server.getText('body')
        if (text.length === 0) return
        text.delete(0, 1)
        expect(bytes.holds(Y.encodeStateAsUpdate(server, vector), defaultYjsLimits)).toBe(false)
      }),
      { numRuns: 100 },
    )
  })

  it('the newcomers of one moment share one answer, and the whole of a snapshot is the snapshot', async () => {
    const { updates } = edited([{ who: 0, deed: { type: 'insert', at: 0, text: 'some words' } }])
    const [snapshot] = updates
    if (snapshot === undefined) expect.fail()
    const bytes = new TextBytes([snapshot], pause)
    expect(await bytes.since(new Map())).toBe(snapshot)
    const seen = new Map([[11, 3]])
    expect(await bytes.since(seen)).toBe(await bytes.since(new Map(seen)))
    bytes.append([])
    expect(await bytes.whole()).toBe(await bytes.since(new Map()))
  })

  it('W6: updates that leave a hole until a later one fills it are put together nonetheless', async () => {
    const doc = new Y.Doc()
    const updates: Uint8Array[] = []
    doc.on('update', (update: Uint8Array) => void updates.push(update))
    for (const letter of 'abc') doc.getText('body').insert(0, letter)
    const [first, second, third] = updates
    if (first === undefined || second === undefined || third === undefined) expect.fail()
    const withHole = Y.mergeUpdates([first, third])
    const read = new TextBytes([withHole, second], pause)
    const told = new TextBytes([], pause)
    await told.ready
    told.append([withHole, second])
    for (const bytes of [read, told])
      expect(
        docOf([await bytes.whole()])
          .getText('body')
          .toString(),
      ).toBe('cba')
  })
})
