// What an automerge-repo client is told, by the real door, with the clock standing still.
import { decode } from 'cbor-x'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { RecordKey } from '../../../shared/record/record-key.ts'
import { RecordReplica } from '../../simulation/faults/record-replica.ts'
import { Stage } from '../../simulation/faults/stage.ts'
import { Wire } from '../../simulation/faults/wire.ts'
import { SeededRandom } from '../../support/seeded-random.ts'

interface Report {
  readonly timestamp: number
  readonly heads: readonly string[]
}

describe('W4: remote-heads-changed', () => {
  let stage: Stage
  beforeAll(() => {
    stage = new Stage()
    stage.standsStill = true
  })
  afterAll(() => stage.close())

  it('tells what is stored already when a document is opened after the subscription', async () => {
    const key = { tenant: 'default', collection: 'things', id: 'stored' } as const
    const client = new Client(stage, key, 'a')
    await client.settle()
    const again = new Client(stage, key, 'b')
    await again.settle()
    expect(again.reports).toHaveLength(1)
    expect(again.reports[0]?.heads).toEqual(client.reports.at(-1)?.heads)
  })

  it('has a later time for each of several commits within a millisecond', async () => {
    const key = { tenant: 'default', collection: 'things', id: 'fast' } as const
    const client = new Client(stage, key, 'c')
    await client.settle()
    for (let edit = 0; edit < 3; edit++) {
      client.replica.edit(new SeededRandom(edit), `e${edit}`)
      await client.settle()
    }
    const times = client.reports.map(({ timestamp }) => timestamp)
    expect(times.length).toBeGreaterThanOrEqual(3)
    expect(times).toEqual([...new Set(times)].sort((a, b) => a - b))
  })

  it('ends the session if the store is gone before it has told what is stored', async () => {
    const stage = new Stage()
    const key = { tenant: 'default', collection: 'things', id: 'gone' } as const
    const client = new Client(stage, key, 'e')
    await client.settle()
    client.replica.edit(new SeededRandom(1), 'in flight')
    client.replica.greet()
    await client.reach()
    await stage.crash(false)
    await new Promise((resolve) => setImmediate(resolve))
    expect(client.goodbye).toMatch(/^1011 /)
    await stage.close()
  })
})

describe('R1: a client that brings a record', () => {
  it('is not told that it is unavailable for having edited it before it heard the question', async () => {
    const stage = new Stage()
    const client = new Client(stage, { tenant: 'default', collection: 'things', id: 'brought' }, 'd')
    client.replica.edit(new SeededRandom(1), 'early')
    await client.settle()
    expect(client.denials).toBe(0)
    expect(stage.rows("SELECT id FROM things WHERE id = 'brought'")).toEqual([{ id: 'brought' }])
    await stage.close()
  })
})

/** A replica that has subscribed to the server's heads before it opens anything. */
class Client {
  readonly replica: RecordReplica
  readonly reports: Report[] = []
  /** How often it was told that there is no such document. */
  denials = 0
  readonly #stage: Stage
  readonly #wire: Wire

  constructor(stage: Stage, key: RecordKey, name: string) {
    this.#stage = stage
    this.#wire = new Wire({
      door: stage.server.door,
      doorName: 'automerge',
      path: '',
      subject: name,
      session: name,
      now: stage.now,
    })
    this.replica = new RecordReplica(name, key, name.repeat(32), stage.time)
    this.replica.wire = this.#wire
    this.replica.subscribesTo = stage.storage.storageId
    this.replica.greet()
  }

  get goodbye(): string | null {
    return this.#wire.goodbye
  }

  /** The server reads all that was sent; nothing of it becomes durable yet. */
  async reach(): Promise<void> {
    while (this.#wire.canReachServer) {
      this.#wire.reachServer()
      await new Promise((resolve) => setImmediate(resolve))
    }
  }

  async settle(): Promise<void> {
    for (let silent = 0; silent < 10; ) {
      const isBusy = this.#wire.hasNews || this.#stage.disk.isBusy
      if (this.#wire.canReachServer) this.#wire.reachServer()
      this.#stage.disk.finish()
      if (this.#wire.canReachClient) this.#hear()
      await new Promise((resolve) => setImmediate(resolve))
      silent = isBusy ? 0 : silent + 1
    }
  }

  #hear(): void {
    const frame = this.#wire.reachClient()
    if (frame === null) throw new Error(`the session has ended: ${this.#wire.goodbye}`)
    const message = decode(frame)
    if (message.type === 'doc-unavailable') this.denials += 1
    if (message.type === 'remote-heads-changed')
      this.reports.push(...(Object.values(message.newHeads) as readonly Report[]))
    else this.replica.hear(frame)
  }
}
