// What a client shows and what it keeps, however messages and the app come and go, beside the real planner.
import fc from 'fast-check'
import { s } from 'sluice'
import { describe, expect, it } from 'vitest'
import type { KnownRecord, RecordState } from '../../../client/record/record-state.ts'
import {
  answered,
  disconnected,
  emptyRecord,
  propose,
  sendable,
  sent,
  told,
} from '../../../client/record/record-state.ts'
import { viewRecord } from '../../../client/record/record-view.ts'
import { readChanges, recordWrites, withSnapshot } from '../../../client/record/saved-record.ts'
import { EntryTable } from '../../../client/store/entry-table.ts'
import type { FieldOp } from '../../../shared/record/field-op.ts'
import type { Change, ChangeResult } from '../../../shared/sync/messages.ts'
import { collectionSpec } from '../../support/record-bench.ts'
import { SyncRecord } from '../../support/sync-record.ts'

const fields = {
  title: s.string(),
  notes: s.string(),
  diagnosis: s.string().critical(),
  stage: s.states({ new: ['busy'], busy: ['done'], done: [] }),
  stock: s.counter(),
  left: s.counter({ min: 0 }),
  tags: s.set(s.string()),
  steps: s.list(s.string()),
}
const things = collectionSpec(fields)

type Told =
  | { readonly type: 'state'; readonly known: KnownRecord }
  | { readonly type: 'answer'; readonly id: string; readonly result: ChangeResult }

/** A client's engine and store, and the two pipes between it and the server. */
class Peer {
  readonly #name: string
  readonly #server: SyncRecord
  state: RecordState = emptyRecord
  readonly made: string[] = []
  /** What its author expects if nobody else writes. */
  readonly #table = new EntryTable()
  #toServer: (Change | 'open')[] = ['open']
  #toClient: Told[] = []
  #order = 0

  constructor(name: string, server: SyncRecord) {
    this.#name = name
    this.#server = server
  }

  make(ops: readonly FieldOp[]): void {
    const intent = this.view.status === 'live' ? 'update' : 'upsert'
    const asked = {
      id: `${this.#name}-${++this.#order}`,
      collection: 'things',
      recordId: '1',
      intent,
      ops,
      metadata: {},
      claimedAt: null,
      strict: false,
    } as const
    const { state, change } = propose(things, this.state, asked, { vantage: null, order: this.#order })
    if (!this.made.includes(change.id)) this.made.push(change.id)
    this.#become(state)
  }

  flush(): void {
    const changes = sendable(this.state).map(({ change }) => change)
    this.#become(sent(this.state, new Set(changes.map(({ id }) => id))))
    this.#toServer.push(...changes)
  }

  serve(): boolean {
    const message = this.#toServer.shift()
    if (message === undefined) return false
    if (message === 'open') this.tell()
    else {
      const isNew = !this.#server.has(message.id)
      const result = this.#server.take(this.#name, message)
      if (isNew) this.tell()
      this.#toClient.push({ type: 'answer', id: message.id, result })
    }
    return true
  }

  /** A commit of anybody's is told to whoever has the record open. */
  tell(): void {
    this.#toClient.push({ type: 'state', known: this.#server.told() })
  }

  deliver(): boolean {
    const message = this.#toClient.shift()
    if (message === undefined) return false
    this.#become(
      message.type === 'state'
        ? told(this.state, message.known)
        : answered(this.state, message.id, message.result),
    )
    return true
  }

  /** The connection is cut, and another one is made. @param late the answers overtake what the channel tells. */
  cut(late: boolean): void {
    this.#become(disconnected(this.state))
    const unanswered = this.state.queue.filter(({ phase }) => phase === 'sent').map(({ change }) => change)
    this.#toServer = late ? [...unanswered, 'open'] : ['open', ...unanswered]
    this.#toClient = []
  }

  /** The app is closed and opened again. */
  restart(late: boolean): void {
    this.state = this.stored
    this.cut(late)
  }

  get stored(): RecordState {
    const state = readChanges(this.#table.list('change')).get('things/1') ?? emptyRecord
    return withSnapshot(state, this.#table.read('record', 'things/1'))
  }

  get view(): ReturnType<typeof viewRecord> {
    return viewRecord(things, this.state, 'local_first')
  }

  /** Ids that are neither on their way nor answered. */
  get missing(): readonly string[] {
    const queued = new Set(this.state.queue.map(({ change }) => change.id))
    return this.made.filter((id) => !queued.has(id) && !this.#server.has(id))
  }

  settle(): void {
    for (;;) {
      this.flush()
      const isBusy = this.serve()
      if (!this.deliver() && !isBusy && this.state.queue.length === 0) return
    }
  }

  #become(state: RecordState): void {
    this.#table.apply(recordWrites('things/1', this.state, state))
    this.state = state
  }
}

const word = fc.constantFrom('a', 'b', 'c')
const op: fc.Arbitrary<FieldOp> = fc.oneof(
  fc
    .tuple(fc.constantFrom('title', 'notes', 'diagnosis'), word)
    .map(([field, value]) => ({ type: 'set', field, value }) as const),
  fc.constantFrom('busy', 'done').map((value) => ({ type: 'set', field: 'stage', value }) as const),
  fc
    .tuple(fc.constantFrom('stock', 'left'), fc.integer({ min: -2, max: 3 }))
    .map(([field, amount]) => ({ type: 'increment', field, amount }) as const),
  fc
    .tuple(fc.constantFrom('tags', 'steps'), fc.constantFrom('add' as const, 'remove' as const), word)
    .map(([field, type, item]) => ({ type, field, items: [item] })),
)
/** Moving messages comes often, so that they get somewhere before the next cut. */
const moves = (peer: fc.Arbitrary<number>) => [
  { weight: 9, arbitrary: fc.record({ type: fc.constantFrom('flush', 'serve', 'deliver'), peer }) },
  {
    weight: 1,
    arbitrary: fc.record({ type: fc.constantFrom('cut', 'restart'), peer, late: fc.boolean() }),
  },
]
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ type: fc.constant('make' as const), peer: fc.nat(1), op }) },
  ...moves(fc.nat(1)),
)
const many = { maxLength: 60, size: 'max' } as const
type Step = typeof step extends fc.Arbitrary<infer One> ? One : never

function take(peers: readonly Peer[], step: Step): void {
  const peer = peers[step.peer % peers.length]
  if (peer === undefined) return
  switch (step.type) {
    case 'make':
      if ('op' in step) peer.make([step.op])
      break
    case 'flush':
      peer.flush()
      break
    case 'serve':
      if (peer.serve()) for (const other of peers) if (other !== peer) other.tell()
      break
    case 'deliver':
      peer.deliver()
      break
    case 'cut':
    case 'restart':
      if ('late' in step) peer[step.type](step.late)
  }
}

describe('a record on a client', () => {
  it('W7: never loses a queued change, and shows what the server shows once all is answered', () => {
    fc.assert(
      fc.property(fc.array(step, many), (steps) => {
        const server = new SyncRecord(fields)
        const peers = [new Peer('anna', server), new Peer('ben', server)]
        for (const one of steps) {
          take(peers, one)
          for (const peer of peers) expect(peer.missing).toEqual([])
        }
        for (const peer of peers) peer.settle()
        for (const peer of peers) {
          peer.tell()
          peer.settle()
          expect(peer.view.fields).toEqual(server.bench.view.fields)
          expect(peer.view.staged.size).toBe(0)
          expect(peer.missing).toEqual([])
        }
      }),
      { numRuns: 20 },
    )
  })

  it('E2: what the store gives back is what was there', () => {
    fc.assert(
      fc.property(fc.array(step, many), (steps) => {
        const server = new SyncRecord(fields)
        const peers = [new Peer('anna', server), new Peer('ben', server)]
        for (const one of steps) {
          take(peers, one)
          for (const { state, stored } of peers) {
            // What waits counts as sent when the app is opened again.
            const all = sent(state, new Set(state.queue.map(({ change }) => change.id)))
            expect(stored).toEqual({ ...all, parked: null, isCurrent: false })
          }
        }
      }),
      { numRuns: 20 },
    )
  })

  it('W7: changes of one author made offline build on each other, and do not compete', () => {
    const server = new SyncRecord(fields)
    const anna = new Peer('anna', server)
    anna.make([{ type: 'set', field: 'title', value: 'x' }])
    anna.settle()
    for (const value of ['flu', 'cold']) anna.make([{ type: 'set', field: 'diagnosis', value }])
    for (const value of ['busy', 'done']) anna.make([{ type: 'set', field: 'stage', value }])
    expect(anna.state.queue).toHaveLength(4)
    anna.settle()
    expect(anna.state.lost).toEqual([])
    expect(server.bench.view).toMatchObject({
      fields: { diagnosis: 'cold', stage: 'done' },
      disputed: {},
    })
  })

  it('C4: shows what its author entered until it is held, and the incumbent from then on', () => {
    const server = new SyncRecord(fields)
    const [anna, ben] = [new Peer('anna', server), new Peer('ben', server)]
    anna.make([{ type: 'set', field: 'diagnosis', value: 'unclear' }])
    anna.settle()
    ben.settle()
    ben.make([{ type: 'set', field: 'diagnosis', value: 'flu' }])
    ben.settle()
    anna.make([{ type: 'set', field: 'diagnosis', value: 'cold' }])
    expect(anna.view).toMatchObject({ fields: { diagnosis: 'cold' }, staged: new Set(['diagnosis']) })
    anna.tell()
    anna.settle()
    expect(anna.view).toMatchObject({ fields: { diagnosis: 'flu' }, staged: new Set() })
    expect(anna.view.disputed.diagnosis).toMatchObject({ kind: 'set-set', state: 'open' })
    expect(anna.state.lost).toMatchObject([{ status: 'held' }])

    const [conflict] = anna.view.conflicts
    const sides = [conflict?.incumbent, ...(conflict?.challengers ?? [])].map((side) => side?.id ?? '')
    server.decide('doctor', conflict?.id ?? '', sides[1] ?? '', sides)
    anna.tell()
    anna.settle()
    expect(anna.view.fields.diagnosis).toBe('cold')
    expect(anna.state.lost).toMatchObject([{ status: 'applied' }])
  })

  it('E4: of an erased record nothing is kept, neither what was shown nor what waits', () => {
    const anna = new Peer('anna', new SyncRecord(fields))
    anna.make([{ type: 'set', field: 'title', value: 'secret' }])
    anna.settle()
    anna.make([{ type: 'set', field: 'notes', value: 'more of it' }])
    anna.flush()
    anna.make([{ type: 'set', field: 'stage', value: 'busy' }])
    const { known } = anna.state
    if (known === null) throw new Error('nothing is known')
    const gone = { ...known.record, status: 'erased', version: null, fields: {}, conflicts: [] } as const
    const state = told(anna.state, { mark: 'gone', record: gone })
    expect(state).toMatchObject({ queue: [], lost: [], parked: null })
    expect(JSON.stringify(state)).not.toContain('secret')
    const sentId = anna.state.queue[0]?.change.id ?? ''
    const late = answered(state, sentId, { status: 'refused', code: 'erased', message: '', details: {} })
    expect(late).toEqual(state)
    expect(viewRecord(things, state, 'local_first')).toMatchObject({
      status: 'erased',
      fields: { title: null },
    })
  })

  it('one change is under way at a time, and what is typed meanwhile becomes one', () => {
    const server = new SyncRecord(fields)
    const anna = new Peer('anna', server)
    anna.make([{ type: 'set', field: 'title', value: 'a' }])
    anna.settle()
    for (const value of ['b', 'c']) {
      anna.make([{ type: 'set', field: 'title', value }])
      anna.flush()
    }
    for (const value of ['d', 'e', 'f']) anna.make([{ type: 'set', field: 'title', value }])
    anna.make([{ type: 'set', field: 'stage', value: 'busy' }])
    expect(anna.state.queue.map(({ phase }) => phase)).toEqual(['sent', 'waiting', 'waiting'])
    expect(anna.view.fields.title).toBe('f')
    anna.settle()
    expect(
      server.bench.lines.filter(({ field }) => field === 'title').map(({ newValue }) => newValue),
    ).toEqual(['a', 'b', 'f'])
  })

  it('never shows an edit twice, and never takes one back, while nobody else writes', () => {
    const amount = fc.integer({ min: -3, max: 3 })
    const plain = fc.oneof(
      {
        weight: 3,
        arbitrary: fc.record({ type: fc.constant('make' as const), peer: fc.constant(0), amount }),
      },
      ...moves(fc.constant(0)),
    )
    fc.assert(
      fc.property(fc.array(plain, many), (steps) => {
        const peer = new Peer('anna', new SyncRecord(fields))
        let stock = 0
        for (const one of steps) {
          if ('amount' in one) {
            stock += one.amount
            peer.make([{ type: 'increment', field: 'stock', amount: one.amount }])
          } else take([peer], one as Step)
          expect(peer.view.fields.stock).toBe(stock)
        }
        peer.settle()
        expect(peer.view.fields.stock).toBe(stock)
      }),
      { numRuns: 60 },
    )
  })
})
