// K15: a text that shows something else than the server has is read again, and given up if that does not help.
import { describe, expect, test } from 'vitest'
import * as Y from 'yjs'
import type {
  ChannelHolder,
  ChannelKind,
  ChannelRequest,
  Opening,
  SyncConnection,
} from '../../../client/connection/sync-connection.ts'
import { memoryStore } from '../../../client/store/memory-store.ts'
import { TextHandle } from '../../../client/text/text-handle.ts'
import { TextSave } from '../../../client/text/text-save.ts'
import { contentDigest } from '../../../shared/text/content-digest.ts'

/** The server's side of one text: what it has, and what it was asked and sent. */
class Desk {
  readonly doc = new Y.Doc()
  readonly openings: Opening<'text'>[] = []
  readonly sent: ChannelRequest[] = []
  /** Whether it answers what it is sent. */
  isSlow = false
  #holder: ChannelHolder<ChannelKind> | null = null

  readonly connection: Pick<SyncConnection, 'open'> = {
    open: (holder) => {
      this.#holder = holder
      this.openings.push(holder.opening() as Opening<'text'>)
      return { send: (request) => this.#take(request), close: () => undefined }
    },
  }

  #take(request: ChannelRequest): boolean {
    this.sent.push(request)
    if (request.type !== 'text.update' || this.isSlow) return true
    Y.applyUpdate(this.doc, request.update)
    this.holder.receive({ type: 'text.done', channel: 1, number: request.number })
    return true
  }

  get holder(): ChannelHolder<ChannelKind> {
    if (this.#holder === null) throw new Error('nothing is open')
    return this.#holder
  }

  /** Answers the last opening. */
  answer(): void {
    const { stateVector: seen } = this.openings.at(-1) ?? {}
    const update = Y.encodeStateAsUpdate(this.doc, seen)
    const stateVector = Y.encodeStateVector(this.doc)
    this.holder.receive({ type: 'text.opened', channel: 1, update, stateVector, mayWrite: true })
  }

  /** Says what it shows. */
  tell(): void {
    this.holder.receive({ type: 'text.content', channel: 1, digest: contentDigest(this.doc) })
  }
}

async function open() {
  const desk = new Desk()
  desk.doc.getText('body').insert(0, 'Hello')
  const store = await memoryStore()()
  const save = await TextSave.load(store, 'articles/a')
  const connection = desk.connection as SyncConnection
  const text = new TextHandle(
    { collection: 'articles', recordId: 'a' },
    { save, connection, talk: undefined },
  )
  desk.answer()
  const body = (): string => text.doc.getText('body').toString()
  const stored = async (): Promise<number> =>
    (await store.list('text', '')).length + (await store.list('update', '')).length
  return { desk, text, body, stored }
}

describe('K15: what the server shows', () => {
  test('is what is shown here: nothing is done', async () => {
    const { desk, text } = await open()
    desk.tell()
    expect([desk.openings.length, text.status.name]).toEqual([1, 'durable'])
  })

  test('something that was lost on the way is there after the whole text was read again, and only once', async () => {
    const { desk, text, body } = await open()
    desk.doc.getText('body').insert(5, ' world')
    desk.tell()
    expect(desk.openings.map(({ stateVector }) => [...stateVector])).toEqual([[0], [0]])
    desk.answer()
    expect([body(), text.status.name]).toEqual(['Hello world', 'durable'])
    desk.doc.getText('body').delete(0, 6)
    desk.tell()
    expect(desk.openings.length).toBe(2)
    // With the next connection it is looked at again.
    desk.holder.lost?.()
    desk.answer()
    desk.doc.getText('body').insert(0, 'The ')
    desk.tell()
    expect(desk.openings.length).toBe(3)
  })

  test('says nothing while something typed here is on its way', async () => {
    const { desk, text } = await open()
    desk.isSlow = true
    text.doc.getText('body').insert(0, 'Oh. ')
    desk.tell()
    expect([desk.openings.length, text.status.name]).toEqual([1, 'pending'])
  })

  test('a replica that has gone wrong is given up, and its copy thrown away', async () => {
    const { desk, text, body, stored } = await open()
    await text.saved
    expect(await stored()).toBeGreaterThan(0)
    const { _start: item } = text.doc.getText('body')
    if (item?.content instanceof Y.ContentString) item.content.str = 'Hullo'
    desk.tell()
    expect(text.status.name).toBe('pending')
    desk.answer()
    expect([body(), text.status.name]).toEqual(['Hullo', 'diverged'])
    await text.saved
    const sent = desk.sent.length
    text.doc.getText('body').insert(0, 'lost ')
    await text.saved
    expect(await stored()).toBe(0)
    expect(desk.sent.length).toBe(sent)
  })
})
