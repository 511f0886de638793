// W6: what somebody goes on typing is taken without a look at the document. The gate would have passed it, and the document
// becomes the same.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import * as Y from 'yjs'
import { appliedTo } from '../../../server/gate/text-trial.ts'
import { TypedDocument } from '../../../server/gate/typed-document.ts'
import { vetUpdate } from '../../../server/gate/yjs-gate.ts'
import { defaultYjsLimits } from '../../../server/gate/yjs-limits.ts'

const rules = { roots: new Set(['body']), mayWriteAs: () => true, limits: defaultYjsLimits }

/** A person and his replica; what he does is sent as one update each. */
class Person {
  readonly doc = new Y.Doc()
  readonly #sent: Uint8Array[] = []
  #caret = 0

  constructor(id: number) {
    this.doc.clientID = id
    this.doc.on('update', (update: Uint8Array, origin: unknown) => {
      if (origin !== 'server') this.#sent.push(update)
    })
  }

  get text(): Y.Text {
    return this.doc.getText('body')
  }

  type(letters: string): readonly Uint8Array[] {
    const at = Math.min(this.#caret, this.text.length)
    this.text.insert(at, letters)
    this.#caret = at + letters.length
    return this.#sent.splice(0)
  }

  moveTo(at: number): void {
    this.#caret = Math.min(at, this.text.length)
  }

  erase(count: number): readonly Uint8Array[] {
    const at = Math.max(0, Math.min(this.#caret, this.text.length) - count)
    this.text.delete(at, Math.min(count, this.text.length - at))
    this.#caret = at
    return this.#sent.splice(0)
  }

  hear(updates: readonly Uint8Array[]): void {
    for (const update of updates) Y.applyUpdate(this.doc, update, 'server')
  }
}

/** What the server does: the short way where it can be gone, else the gate's. */
class Server {
  readonly document = new TypedDocument(new Y.Doc())
  /** The same by the gate alone. */
  readonly #checked = new Y.Doc()
  readonly told: Uint8Array[] = []
  typed = 0

  take(update: Uint8Array, who: string): void {
    const verdict = vetUpdate(this.#checked, update, rules)
    const expected = verdict.ok ? appliedTo(this.#checked, update) : expect.fail('an honest update')
    if (this.document.type(update, who)) {
      this.typed += 1
      expect(update).toEqual(expected)
      this.told.push(update)
      return
    }
    const passed = vetUpdate(this.document.doc, update, rules)
    expect(passed).toEqual(verdict)
    const added = passed.ok && !passed.empty ? this.document.take(update, passed.authors, who) : null
    if (added !== null) this.told.push(added)
  }

  expectSame(): void {
    expect(Y.encodeStateAsUpdate(this.document.doc)).toEqual(Y.encodeStateAsUpdate(this.#checked))
  }
}

const letters = fc.oneof(
  fc.constantFrom('a', 'é', '語', '🙂', 'word'),
  fc.string({ minLength: 1, maxLength: 3 }),
)
const acts = fc.array(
  fc.record({
    who: fc.nat(2),
    act: fc.oneof(
      { weight: 8, arbitrary: fc.record({ type: letters }) },
      { weight: 1, arbitrary: fc.record({ moveTo: fc.nat(30) }) },
      { weight: 1, arbitrary: fc.record({ erase: fc.integer({ min: 1, max: 3 }) }) },
      { weight: 2, arbitrary: fc.record({ hear: fc.constant(true) }) },
      { weight: 1, arbitrary: fc.record({ look: fc.constant(true) }) },
    ),
  }),
  { minLength: 40, maxLength: 80 },
)

describe('TypedDocument', () => {
  it('becomes what the gate and Yjs make of the same updates, and tells the same bytes', () => {
    let typed = 0
    fc.assert(
      fc.property(acts, (acts) => {
        const people = [new Person(1), new Person(5_000_000_001), new Person(77)]
        const heard = [0, 0, 0]
        const server = new Server()
        for (const { who, act } of acts) {
          const person = people[who] ?? expect.fail()
          const send = (updates: readonly Uint8Array[]): void => {
            for (const update of updates) server.take(update, `person ${who}`)
          }
          if ('type' in act) send(person.type(act.type))
          else if ('erase' in act) send(person.erase(act.erase))
          else if ('moveTo' in act) person.moveTo(act.moveTo)
          else if ('look' in act) server.expectSame()
          else {
            person.hear(server.told.slice(heard[who]))
            heard[who] = server.told.length
          }
        }
        server.expectSame()
        typed += server.typed
      }),
      { numRuns: 200 },
    )
    // Or nothing would have been shown.
    expect(typed).toBeGreaterThan(300)
  })

  it('leaves to the gate what only looks as if somebody went on typing', () => {
    const ann = new Person(1)
    const server = new Server()
    for (const update of [...ann.type('a'), ...ann.type('b')]) server.take(update, 'ann')
    expect(server.typed).toBe(1)
    const [next = expect.fail()] = ann.type('c')
    expect(server.document.type(next, 'bob')).toBe(false)
    // The same, with its first count in two bytes.
    expect(server.document.type(Uint8Array.of(0x81, 0, ...next.subarray(1)), 'ann')).toBe(false)
    // Bytes that are no UTF-8, and half of a surrogate pair.
    for (const bad of [[0xff], [0xc3], [0xed, 0xa0, 0x80]])
      expect(server.document.type(continued(1, 2, bad), 'ann')).toBe(false)
    expect(server.document.type(continued(1, 3, [97]), 'ann')).toBe(false)
    expect(server.document.type(continued(1, 1, [97]), 'ann')).toBe(false)
    expect(server.document.type(next, 'ann')).toBe(true)
    expect(server.document.type(next, 'ann')).toBe(false)
    expect(server.document.doc.getText('body').toString()).toBe('abc')
  })
})

/** A letter of a client at a clock, behind his last one. */
const continued = (client: number, clock: number, utf8: readonly number[]): Uint8Array =>
  Uint8Array.of(1, 1, client, clock, 0x84, client, clock - 1, utf8.length, ...utf8, 0)
