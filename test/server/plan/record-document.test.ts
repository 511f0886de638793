// A record's document, taken in batches of any size, against the library's own, loaded from scratch.
import * as Automerge from '@automerge/automerge'
import fc from 'fast-check'
import { s } from 'sluice'
import { describe, expect, it } from 'vitest'
import { readField, toJson } from '../../../server/plan/automerge-values.ts'
import { DraftDocument } from '../../../server/plan/draft-document.ts'
import type { LiveValues } from '../../../server/plan/live-values.ts'
import { ELSEWHERE, ROOT } from '../../../server/plan/live-values.ts'
import { pastValues } from '../../../server/plan/past-values.ts'
import { atOnce } from '../../../server/plan/plan-steps.ts'
import type {
  AuthoredChange,
  Authoring,
  LentDocument,
  Writing,
} from '../../../server/plan/record-document.ts'
import { inOnePiece, RecordDocument } from '../../../server/plan/record-document.ts'
import { savedDocument } from '../../../server/plan/saved-document.ts'
import { fieldWritesOf } from '../../../shared/merge/field-writes.ts'
import { collectionSpec } from '../../support/record-bench.ts'

type Root = Record<string, unknown>
type Doc = Automerge.Doc<Root>

const KEYS = ['a', 'b', 'count', 'tags', 'list', 'nested', 'text', 'members'] as const
const AUTHORS = 3
/** Of earlier points, so that the comparison cannot come to compare nothing. */
let toldWithoutTheLibrary = 0
/** So many members that a few of them are read again by themselves. */
const MANY = Array.from({ length: 20 }, (_, n) => n)

const FIELDS = [...collectionSpec({ tags: s.set(s.string()), members: s.map(s.json()) }).fields]

type Edit = (typeof EDITS)[number]
const EDITS = [
  'set',
  'set twice',
  'delete',
  'increment',
  'reset',
  'add',
  'remove',
  'push',
  'shift',
  'nest',
  'put',
  'drop',
  'deepen',
  'replace',
  'type',
  'date',
] as const

type Step =
  | { readonly type: 'edit'; readonly author: number; readonly edit: Edit; readonly value: number }
  | { readonly type: 'merge'; readonly author: number; readonly other: number }
  /** The server authors a change, at its present or at a point that it had before. */
  | {
      readonly type: 'author'
      readonly actor: number
      readonly back: number
      readonly edit: Edit
      readonly value: number
    }
  /** Everything that the author has is sent, this many changes at a time. */
  | { readonly type: 'send'; readonly author: number; readonly batch: number }

const author = fc.nat({ max: AUTHORS - 1 })
const value = fc.nat({ max: 3 })
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      type: fc.constant('edit' as const),
      author,
      edit: fc.constantFrom(...EDITS),
      value,
    }),
  },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('merge' as const), author, other: author }) },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant('author' as const),
      actor: author,
      back: fc.nat(4),
      edit: fc.constantFrom(...EDITS),
      value,
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      type: fc.constant('send' as const),
      author,
      batch: fc.integer({ min: 1, max: 5 }),
    }),
  },
)

function change(root: Root, edit: Edit, value: number): void {
  const [key, other] = value % 2 === 0 ? ['a', 'b'] : ['b', 'a']
  switch (edit) {
    case 'set':
      root[key] = value
      return
    case 'set twice':
      root[key] = new Automerge.ImmutableString(`v${value}`)
      root[other] = null
      return
    case 'delete':
      delete root[key]
      return
    case 'increment':
      ;(root.count as Automerge.Counter).increment(value - 1)
      return
    case 'reset':
      root.count = new Automerge.Counter(value)
      return
    case 'add':
      ;(root.tags as Record<string, boolean>)[`t${value}`] = true
      return
    case 'remove':
      delete (root.tags as Record<string, boolean>)[`t${value}`]
      return
    case 'push':
      ;(root.list as unknown[]).push(value)
      return
    case 'shift':
      if ((root.list as unknown[]).length > 0) (root.list as unknown[]).splice(0, 1)
      return
    case 'nest':
      root.nested = { deep: { value, more: [value] } }
      return
    case 'put':
      ;(root.members as Root)[`m${value}`] = value === 0 ? { deep: value } : value
      return
    case 'drop':
      delete (root.members as Root)[`m${value}`]
      return
    case 'deepen':
      ;((root.members as Root).m4 as Root).deep = value === 0 ? [value] : value
      return
    case 'replace':
      root[value % 2 === 0 ? 'tags' : 'members'] = { t9: true, m4: { deep: value } }
      return
    case 'type':
      root.text = `text ${value}`
      return
    case 'date':
      root[key] = new Date(value)
  }
}

const start = (): Doc =>
  Automerge.change(Automerge.init<Root>({ actor: '00'.repeat(16) }), { time: 0 }, (root) => {
    root.count = new Automerge.Counter(0)
    root.tags = Object.fromEntries(MANY.map((n) => [`t${n}`, true]))
    root.members = Object.fromEntries(MANY.map((n) => [`m${n}`, n === 4 ? { deep: n } : n]))
    root.list = []
  })

/** The document as drafts have made it, and the library's own of the same changes. */
class Play {
  document = RecordDocument.empty()
  readonly replicas: Doc[]
  readonly #known = new Set<string>()
  readonly #objects = new Map<string, string>()
  readonly #past: (readonly string[])[] = []
  readonly #seqs = new Map<string, number>()
  #lastOp = 0

  constructor() {
    const first = start()
    this.replicas = Array.from({ length: AUTHORS }, (_, index) =>
      Automerge.clone(first, { actor: `${index + 1}${index + 1}`.repeat(16) }),
    )
    this.send(Automerge.getAllChanges(first), 1)
  }

  take(one: Step): void {
    if (one.type === 'author') return this.author(one)
    const replica = this.replicas[one.author] ?? expect.fail()
    if (one.type === 'edit')
      this.replicas[one.author] = Automerge.change(replica, (root) => change(root, one.edit, one.value))
    else if (one.type === 'merge' && one.other !== one.author)
      this.replicas[one.author] = Automerge.merge(
        replica,
        Automerge.clone(this.replicas[one.other] ?? replica),
      )
    else if (one.type === 'send') this.send(Automerge.getAllChanges(replica), one.batch)
  }

  send(all: readonly Uint8Array[], batch: number): void {
    const changes = all.filter((bytes) => !this.#known.has(Automerge.decodeChange(bytes).hash))
    for (let at = 0; at < changes.length; at += batch) {
      const draft = new DraftDocument(this.document)
      for (const bytes of changes.slice(at, at + batch)) {
        const decoded = Automerge.decodeChange(bytes)
        draft.enter(bytes, decoded, this.#keysOf(decoded))
        this.#known.add(decoded.hash)
        this.#count(decoded)
      }
      this.#finish(draft)
    }
  }

  author({ actor, back, edit, value }: Extract<Step, { type: 'author' }>): void {
    const draft = new DraftDocument(this.document)
    const at = back === 0 ? null : (this.#past.at(-back) ?? null)
    // At an earlier point an actor may write only if it has seen what it wrote before: a new one always has.
    const hex = (64 + this.#known.size * AUTHORS + actor).toString(16)
    const name = (at === null ? `a${actor}` : hex.padStart(4, '0')).repeat(at === null ? 16 : 8)
    const authoring = {
      actor: name,
      seq: (this.#seqs.get(name) ?? 0) + 1,
      startOp: this.#lastOp + 1,
      at,
      time: 0,
      message: undefined,
    }
    const write = inOnePiece((root) => change(root, edit, value))
    const isPast = at !== null && at.join() !== this.document.heads.join()
    const byLibrary = isPast ? this.#byLibrary(authoring, write) : undefined
    const valuesThere = known(() => this.#valuesAt(at ?? [], this.document.live))
    const made = unlessItFails(() => atOnce(draft.author({ ...authoring, valuesThere }, write))) ?? null
    // The library tells it by making it on a copy of the history.
    if (byLibrary !== undefined && isComparable(byLibrary, made, edit))
      expect(made && outlineOf(made.decoded)).toEqual(byLibrary && outlineOf(byLibrary.decoded))
    if (made !== null) {
      draft.enter(made.bytes, made.decoded, this.#keysOf(made.decoded))
      this.#known.add(made.decoded.hash)
      this.#count(made.decoded)
    }
    this.#finish(draft)
    // Its author may go on from there.
    if (made !== null && isPast) this.#past.push([made.decoded.hash])
  }

  /** Made on a copy that knows of no point at which anything has been made. */
  #byLibrary(authoring: Omit<Authoring, 'valuesThere'>, write: Writing): AuthoredChange | null | undefined {
    const copy = RecordDocument.load(this.document.save())
    const made = unlessItFails(() =>
      atOnce(copy.author({ ...authoring, valuesThere: known(() => null) }, write)),
    )
    copy.free()
    return made
  }

  #valuesAt(at: readonly string[], now: LiveValues): LiveValues | null {
    const loaded = Automerge.load<Root>(this.document.save())
    const changes = Automerge.getAllChanges(loaded).map(Automerge.decodeChange)
    const seenThere = seenBy(at, changes)
    const since = changes
      .filter(({ hash }) => !seenThere.has(hash))
      .map((change) => {
        const seen = seenBy([change.hash], changes)
        const missed = () => changes.filter(({ hash }) => seenThere.has(hash) && !seen.has(hash))
        return { change, missed }
      })
    Automerge.free(loaded)
    return pastValues(now, since, (counter, actor) => {
      const overwritten = this.document.overwritten(`${counter}@${actor}`)
      if (overwritten !== undefined) return overwritten
      const found = changes.find(
        (one) => one.actor === actor && one.startOp <= counter && counter < one.startOp + one.ops.length,
      )
      return found?.ops[counter - found.startOp]
    })
  }

  #count({ actor, seq, startOp, ops }: Automerge.DecodedChange): void {
    this.#seqs.set(actor, seq)
    this.#lastOp = Math.max(this.#lastOp, startOp + ops.length - 1)
  }

  #keysOf(decoded: Automerge.DecodedChange): ReadonlySet<string> {
    const { keys, objects } = fieldWritesOf(decoded, (id) => this.#objects.get(id))
    for (const [id, key] of objects) this.#objects.set(id, key)
    return keys
  }

  #finish(draft: DraftDocument): void {
    const before = { document: this.document, heads: this.document.heads, shown: shownBy(this.document) }
    const { heads } = draft
    this.document = draft.whole
    this.#past.push(heads)
    this.check(heads)
    // A document stays what it was, whatever has come of it (W2).
    expect({ heads: before.document.heads, shown: shownBy(before.document) }).toEqual({
      heads: before.heads,
      shown: before.shown,
    })
    if (!before.document.isOf(this.document)) before.document.free()
  }

  check(heads: readonly string[]): void {
    const loaded = Automerge.load<Root>(this.document.save())
    expect(heads).toEqual(Automerge.getHeads(loaded))
    expect(this.document.heads).toEqual(heads)
    expect(shownBy(this.document)).toEqual(shown((key) => loaded[key]))
    expect([...this.document.keys].sort()).toEqual(Object.keys(loaded).sort())
    for (const [field, spec] of FIELDS)
      expect(JSON.stringify(this.document.field(field, spec))).toBe(
        JSON.stringify(readField(spec, loaded[field])),
      )
    for (const past of this.#past.slice(-3)) {
      const view = Automerge.view(loaded, [...past])
      expect(shown((key) => this.document.valueAt(past, key))).toEqual(shown((key) => view[key]))
      // As far as it can be told without the library.
      const values = this.#valuesAt(past, this.document.live)
      for (const key of KEYS) {
        const value = values?.value(ROOT, key)
        if (value === ELSEWHERE) continue
        toldWithoutTheLibrary += 1
        expect([key, told(value)]).toEqual([key, told(view[key])])
      }
    }
    Automerge.free(loaded)
  }
}

/** In one step. */
const known = (values: () => LiveValues | null): Authoring['valuesThere'] =>
  // biome-ignore lint/correctness/useYield: nothing of it is large
  function* () {
    return values()
  }

/** Observed on Automerge 3.5: a change at an earlier point fails if a map there has been replaced since (`invalid obj id`). */
function unlessItFails<Made>(make: () => Made): Made | undefined {
  try {
    return make()
  } catch (error) {
    if (typeof error !== 'string') throw error
    return undefined
  }
}

/**
 * At an earlier point the library says some things in other words: a counter that is set to what it is is no change, and
 * of values that compete, of which the winner is set again, it takes away the others.
 */
function isComparable(byLibrary: AuthoredChange | null, made: AuthoredChange | null, edit: Edit): boolean {
  if (byLibrary === null) return edit !== 'reset'
  const keys = (decoded: Automerge.DecodedChange | undefined, wanted: string): readonly unknown[] =>
    (decoded?.ops ?? []).flatMap(({ action, ...op }) => (action === wanted && 'key' in op ? [op.key] : []))
  const set = keys(made?.decoded, 'set')
  return !keys(byLibrary.decoded, 'del').some((key) => set.includes(key))
}

/** Hashes of these and of all that they build on. */
function seenBy(heads: readonly string[], changes: readonly Automerge.DecodedChange[]): ReadonlySet<string> {
  const found = new Set<string>()
  const open = [...heads]
  for (let hash = open.pop(); hash !== undefined; hash = open.pop()) {
    if (found.has(hash)) continue
    found.add(hash)
    open.push(...(changes.find((one) => one.hash === hash)?.deps ?? []))
  }
  return found
}

/** The hash; of a change that makes maps, what it does to those that were there, since the library fills new ones in another order. */
const outlineOf = ({ hash, actor, ops }: Automerge.DecodedChange): unknown =>
  ops.some(({ action }) => action === 'makeMap')
    ? ops.flatMap(({ value: _, ...op }) => (op.obj.endsWith(actor) ? [] : [op]))
    : hash

const shown = (rawOf: (key: string) => unknown): unknown =>
  Object.fromEntries(KEYS.map((key) => [key, told(rawOf(key))]))

const shownBy = (document: RecordDocument): unknown => shown((key) => document.value(key))

/** With its kind: a number is no counter, and a string that is one value is no text. */
const told = (raw: unknown): unknown =>
  raw === undefined ? undefined : [Object(raw).constructor.name, toJson(raw)]

function play(steps: readonly Step[]): Play {
  const done = new Play()
  for (const one of steps) done.take(one)
  for (const [index] of done.replicas.entries()) done.take({ type: 'send', author: index, batch: 2 })
  return done
}

describe('a document that has lived on', () => {
  it('shows what one shows that was loaded, in whatever batches it took changes in, and keeps what it was', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 4, maxLength: 24 }), (steps) => {
        play(steps).document.free()
      }),
      { numRuns: 120 },
    )
    expect(toldWithoutTheLibrary).toBeGreaterThan(1_000)
  })

  it('takes a change at an earlier point where the library cannot make one (seed 562461529)', () => {
    const steps: readonly Step[] = [
      { type: 'edit', author: 0, edit: 'set', value: 0 },
      { type: 'edit', author: 0, edit: 'replace', value: 0 },
      { type: 'send', author: 0, batch: 1 },
      { type: 'edit', author: 1, edit: 'replace', value: 0 },
      { type: 'author', actor: 0, back: 0, edit: 'add', value: 0 },
      { type: 'author', actor: 0, back: 0, edit: 'set', value: 0 },
      { type: 'send', author: 1, batch: 1 },
      { type: 'author', actor: 0, back: 4, edit: 'set', value: 1 },
    ]
    const done = play(steps)
    expect(done.document.value('b')).toBe(1)
    done.document.free()
  })

  it('makes a change at an earlier point beside others without the library, and so without its whole history', () => {
    let document = RecordDocument.empty()
    const changes: Automerge.DecodedChange[] = []
    const write = (actor: string, seq: number, at: readonly string[] | null) => {
      const since = at === null ? [] : changes.slice(changes.findIndex(({ hash }) => at.includes(hash)) + 1)
      const valuesThere = known(() =>
        pastValues(
          document.live,
          since.map((change) => ({ change, missed: () => [] })),
          (counter) => changes[counter - 1]?.ops[0],
        ),
      )
      const startOp = changes.length + 1
      const authoring = {
        actor: actor.repeat(16),
        seq,
        startOp,
        at,
        valuesThere,
        time: 0,
        message: undefined,
      }
      const made = atOnce(
        document.author(
          authoring,
          inOnePiece((root) => {
            root.a = startOp
          }),
        ),
      )
      if (made === null) return expect.fail()
      document = document.with(made.bytes, made.decoded, new Set(['a']))
      changes.push(made.decoded)
    }
    for (let seq = 1; seq <= 50; seq++) write('a0', seq, null)
    const seen = document.heads
    for (const seq of [51, 52, 53]) write('a0', seq, null)
    write('b1', 1, seen)
    expect(changes.at(-1)).toMatchObject({ deps: seen, ops: [{ pred: [`50@${'a0'.repeat(16)}`] }] })
    expect(document.isAwake).toBe(false)
    expect(document.value('a')).toBe(54)
    expect(Automerge.load<Root>(document.save()).a).toBe(54)
    document.free()
  })

  it('shows a value that a delete uncovers (seed 462 of the simulation)', () => {
    const done = new Play()
    const [ann, bob] = done.replicas
    if (ann === undefined || bob === undefined) return expect.fail()
    const both = [ann, bob].map((replica, index) =>
      Automerge.change(replica, (root) => {
        root.a = index
      }),
    )
    const [winner, loser] = both[0] !== undefined && winnerOf(both) === 0 ? both : [...both].reverse()
    if (winner === undefined || loser === undefined) return expect.fail()
    const deleted = Automerge.change(winner, (root) => {
      delete root.a
    })
    done.send(Automerge.getAllChanges(winner), 5)
    done.send(Automerge.getAllChanges(loser), 5)
    done.send(Automerge.getAllChanges(deleted), 5)
    expect(done.document.value('a')).toBe(loser.a)
  })

  it('has its changes as bytes, the newest without the library', () => {
    const peer = Array.from({ length: 400 }, (_, n) => n).reduce<Doc>(
      (doc, n) =>
        Automerge.change(doc, (root) => {
          root.a = n
        }),
      Automerge.init<Root>(),
    )
    const done = play([])
    done.send(Automerge.getAllChanges(peer), 5)
    const saved = RecordDocument.asSaved(done.document.save(), done.document.live, done.document.heads)
    expect(saved.isAwake).toBe(false)
    const bytes = (hash: string): number[] => [...(done.document.bytesOf(hash) ?? [])]
    const changes = Automerge.getAllChanges(peer)
    for (const change of changes) {
      const { hash } = Automerge.decodeChange(change)
      expect(bytes(hash)).toEqual([...change])
      expect([...(saved.bytesOf(hash) ?? [])]).toEqual([...change])
      expect(done.document.change(hash)).toEqual(saved.change(hash))
    }
    expect(done.document.recentBytes).toBeLessThanOrEqual(96 * 1024)
    const { changes: newest, overwritten } = done.document.newestHistory
    expect(newest.length).toBeGreaterThan(40)
    expect(newest.map(([, change]) => [...change])).toEqual(
      changes.slice(-newest.length).map((change) => [...change]),
    )
    // Each was overwritten by the one after it.
    expect(overwritten.map(({ op }) => op.value)).toEqual(
      Array.from(overwritten, (_, n) => 399 - overwritten.length + n),
    )
    expect(done.document.bytesOf('ab'.repeat(32))).toBeUndefined()
  })
})

/** What happens to a document between two snapshots of it, and while one is being taken. */
type Use = 'add' | 'read' | 'save' | 'lend' | 'give' | 'free'
/** The more frequent named more often: what is saved or freed has nothing to lose. */
const USES: readonly Use[] = [
  'add',
  'add',
  'add',
  'add',
  'read',
  'read',
  'lend',
  'lend',
  'give',
  'give',
  'save',
  'free',
]

const headsOf = (saved: Uint8Array): readonly string[] => Automerge.getHeads(Automerge.load(saved))

describe('a document that is saved elsewhere (S5)', () => {
  it('stays what it is, whatever comes meanwhile, and is lent no more than there is', () => {
    const uses = fc.array(fc.constantFrom<Use>(...USES), { maxLength: 40 })
    fc.assert(
      fc.property(uses, (all) => {
        const saver: LentDocument[] = []
        let document = RecordDocument.empty()
        let peer = Automerge.init<Root>()
        for (const use of all) {
          if (use === 'add') {
            peer = Automerge.change(peer, (root) => {
              // Not a string, which is read from the library: that is to lag behind.
              root.a = (Number(root.a) || 0) + 1
            })
            const bytes = Automerge.getLastLocalChange(peer) ?? new Uint8Array()
            document = document.with(bytes, Automerge.decodeChange(bytes), new Set(['a']))
          } else if (use === 'lend') saver.push(document.lend())
          else if (use === 'save') expect(headsOf(document.save())).toEqual(document.heads)
          else if (use === 'free') document.free()
          else if (use === 'read') expect(document.valueAt([], 'a')).toBeUndefined()
          else for (const lent of saver.splice(0, 1)) lent.giveBack(savedDocument(lent))
          expect(document.value('a')).toBe(peer.a)
        }
        const { saved, changes } = document.lend()
        expect(headsOf(savedDocument({ saved, changes }))).toEqual(document.heads)
        expect(headsOf(document.save())).toEqual(document.heads)
        expect(document.lend().changes).toEqual([])
        document.free()
      }),
      // What a library that lagged behind had not taken in was once lost to it.
      { numRuns: 300, examples: [[['add', 'read', 'add', 'lend', 'give', 'add', 'save']]] },
    )
  })

  it('is lent what has come since it was given back', () => {
    const [first, second, third] = [1, 2, 3].map((n) => {
      const peer = Automerge.change(Automerge.init<Root>(), (root) => {
        root.a = n
      })
      return Automerge.getLastLocalChange(peer) ?? new Uint8Array()
    })
    if (first === undefined || second === undefined || third === undefined) return expect.fail()
    const grown = (document: RecordDocument, bytes: Uint8Array): RecordDocument =>
      document.with(bytes, Automerge.decodeChange(bytes), new Set(['a']))
    const before = grown(grown(RecordDocument.empty(), first), second)
    const lent = before.lend()
    expect(lent).toMatchObject({ saved: null, changes: [first, second] })
    const now = grown(before, third)
    const saved = savedDocument(lent)
    lent.giveBack(saved)
    expect(now.lend()).toMatchObject({ saved, changes: [third] })
  })
})

/** Which of two concurrent writes the library shows. */
function winnerOf([first, second]: readonly Doc[]): number {
  if (first === undefined || second === undefined) return expect.fail()
  const merged = Automerge.merge(Automerge.clone(first), Automerge.clone(second))
  return merged.a === first.a ? 0 : 1
}
