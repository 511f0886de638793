// W6 and R5 on the planner of text: what is journaled is what the document took in, under whose name it came.

import { describe, expect, it } from 'vitest'
import * as Y from 'yjs'
import { TypedDocument } from '../../../server/gate/typed-document.ts'
import { defaultYjsLimits } from '../../../server/gate/yjs-limits.ts'
import type { TextCommand, TextPlanContext, TextState } from '../../../server/plan/plan-text.ts'
import { planText } from '../../../server/plan/plan-text.ts'
import { createTurns, directTurns } from '../../../server/rooms/turns.ts'
import { documentIdOf } from '../../../shared/record/record-key.ts'
import { originOf } from '../../support/record-bench.ts'

const context: TextPlanContext = {
  at: '2026-01-01T00:00:00.000Z',
  limits: defaultYjsLimits,
  texts: ['body'],
  presentAs: () => undefined,
  tryText: () => expect.fail(),
  inTurn: directTurns.run,
}
const key = { tenant: 'default', collection: 'articles', id: '1' }

const fresh = (): TextState => ({
  key,
  documentId: documentIdOf(key),
  erasure: null,
  erasedClients: new Set(),
  version: 0,
  chain: 'start',
  document: new TypedDocument(new Y.Doc()),
  bindings: new Map(),
  bytes: 0,
})

function client(id: number, base?: Uint8Array): Y.Doc {
  const doc = new Y.Doc()
  doc.clientID = id
  if (base !== undefined) Y.applyUpdate(doc, base)
  return doc
}

/** What an edit adds to a document, as its client would send it. */
function edited(doc: Y.Doc, edit: (text: Y.Text) => void): Uint8Array {
  const before = Y.encodeStateVector(doc)
  edit(doc.getText('body'))
  return Y.encodeStateAsUpdate(doc, before)
}

const from = (who: string, update: Uint8Array): TextCommand => ({
  update,
  origin: { ...originOf(who), door: 'yjs' },
  denial: null,
})

const textOf = (updates: readonly Uint8Array[]): string => {
  const doc = new Y.Doc()
  for (const update of updates) Y.applyUpdate(doc, update)
  return doc.getText('body').toString()
}

describe('planText', () => {
  it('W6: a client that tells again what another wrote, and tells it otherwise, changes nothing on replay', async () => {
    const hello = await planText(
      fresh(),
      [
        from(
          'ann',
          edited(client(1), (text) => text.insert(0, 'hello')),
        ),
      ],
      context,
    )
    const base = hello.plan?.journal[0]?.bytes ?? expect.fail()
    const victim = edited(client(2, base), (text) => text.insert(5, ' safe'))
    const attacker = client(3, base)
    const first = edited(attacker, (text) => text.insert(2, 'x'))
    // The victim's client id and clock, with other words; and something of the attacker's own behind it.
    Y.applyUpdate(
      attacker,
      edited(client(2, base), (text) => text.insert(5, ' EVIL')),
    )
    attacker.getText('body').insert(0, 'y')
    const second = Y.encodeStateAsUpdate(attacker, Y.encodeStateVector(client(9, base)))

    const planned = await planText(
      hello.next,
      [from('mallory', first), from('victim', victim), from('mallory', second)],
      context,
    )
    const live = planned.next.document.doc.getText('body').toString()
    expect(live).toContain('safe')
    const journal = [base, ...(planned.plan?.journal ?? []).map(({ bytes }) => bytes)]
    expect(textOf(journal)).toBe(live)
    expect(textOf([Y.mergeUpdates(journal)])).toBe(live)
  })

  it('W4: what a session has typed since the last commit is one journal entry, under its name', async () => {
    const [ann, bob] = [client(1), client(2)]
    const commands = [
      from(
        'ann',
        edited(ann, (text) => text.insert(0, 'a')),
      ),
      from(
        'ann',
        edited(ann, (text) => text.insert(1, 'a')),
      ),
      from(
        'bob',
        edited(bob, (text) => text.insert(0, 'b')),
      ),
      from(
        'ann',
        edited(ann, (text) => text.insert(2, 'a')),
      ),
    ]
    const { plan, next } = await planText(fresh(), commands, context)
    expect(plan?.journal.map(({ origin }) => origin.subject)).toEqual(['ann', 'bob'])
    expect(next.version).toBe(2)
    expect(textOf(plan?.journal.map(({ bytes }) => bytes) ?? [])).toBe(
      next.document.doc.getText('body').toString(),
    )
    expect(plan?.bindings).toEqual([
      { author: 'yjs:1', subject: 'ann' },
      { author: 'yjs:2', subject: 'bob' },
    ])
  })

  it('W6: of what a session has typed, what nobody may write is refused alone', async () => {
    const ann = client(1)
    const typed = [...'abc'].map((letter, at) => edited(ann, (text) => text.insert(at, letter)))
    const foreign = edited(client(2), (text) => text.insert(0, 'stolen'))
    const present = { ...context, presentAs: (id: number) => (id === 2 ? 'bob' : undefined) }
    const updates = [typed[0], typed[1], foreign, typed[2]].map((update) => update ?? expect.fail())
    const { outcomes, next } = await planText(
      fresh(),
      updates.map((update) => from('ann', update)),
      present,
    )
    expect(outcomes.map(({ status }) => status)).toEqual(['applied', 'applied', 'refused', 'applied'])
    expect(next.document.doc.getText('body').toString()).toBe('abc')
  })

  it('what a session has typed behind the words of another of the same batch is taken after them', async () => {
    const [ann, bob] = [client(1), client(2)]
    const first = edited(bob, (text) => text.insert(0, 'b'))
    const between = edited(ann, (text) => text.insert(0, 'a'))
    // Bob has heard of it without the server, as two tabs of a browser tell each other.
    Y.applyUpdate(bob, between)
    const second = edited(bob, (text) => text.insert(text.toString().indexOf('a') + 1, 'c'))
    const { outcomes, next } = await planText(
      fresh(),
      [from('bob', first), from('ann', between), from('bob', second)],
      context,
    )
    expect(outcomes.map(({ status }) => status)).toEqual(['applied', 'applied', 'applied'])
    expect(next.document.doc.getText('body').toString()).toBe(bob.getText('body').toString())
  })

  it('W6: many updates of one commit are taken in turns, and others have theirs between', async () => {
    let [now, turnsOver] = [0, 0]
    const clock = (): number => {
      now += 1
      return now
    }
    const later = (next: () => void): void => {
      turnsOver += 1
      setImmediate(next)
    }
    const writers = Array.from({ length: 20 }, (_, id) => client(id + 1))
    const commands = writers.map((doc, id) =>
      from(
        `writer ${id}`,
        edited(doc, (text) => text.insert(0, `${id}.`)),
      ),
    )
    const inTurn = createTurns({ clock, later }).run
    const { outcomes, next } = await planText(fresh(), commands, { ...context, inTurn })
    expect(outcomes.every(({ status }) => status === 'applied')).toBe(true)
    expect(next.document.doc.getText('body').length).toBe(50)
    // One step of the clock for each writer, five of which fill a turn.
    expect(turnsOver).toBeGreaterThanOrEqual(4)
  })

  it('what the document has already is not written again', async () => {
    const update = edited(client(1), (text) => text.insert(0, 'a'))
    const once = await planText(fresh(), [from('ann', update)], context)
    expect(await planText(once.next, [from('ann', update)], context)).toMatchObject({
      plan: null,
      outcomes: [{ status: 'applied' }],
    })
  })

  it("R5: a client id is its first author's, from when he is present", async () => {
    const update = edited(client(7), (text) => text.insert(0, 'stolen'))
    const present = { ...context, presentAs: (id: number) => (id === 7 ? 'ann' : undefined) }
    expect((await planText(fresh(), [from('mallory', update)], present)).outcomes).toMatchObject([
      { status: 'refused', error: { code: 'foreign_author' } },
    ])
    expect((await planText(fresh(), [from('ann', update)], present)).outcomes).toMatchObject([
      { status: 'applied' },
    ])
  })
})
