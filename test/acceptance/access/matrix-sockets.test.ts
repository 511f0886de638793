// The authorization matrix of the WebSocket doors: every actor, tenant, collection and field.
import type { AutomergeUrl, DocumentId } from '@automerge/automerge-repo'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { newRecord } from '../../../client/new-record.ts'
import { automergeUrlOf } from '../../../shared/record/record-key.ts'
import type { Collections } from '../../../shared/schema/config.ts'
import type { RepoClient } from '../../support/repo-client.ts'
import type { TextClient } from '../../support/text-client.ts'
import { until } from '../../support/until.ts'
import type { Matrix } from './matrix.ts'
import { claims, expectCells, openMatrix, seed, seeder } from './matrix.ts'
import type { Cell } from './oracle.ts'
import { cellsOf, HOME, mayWrite, reads, readsField, readsWholeDocument, sampleOf, tables } from './oracle.ts'
import config from './sluice.config.ts'

// Many cells in each test, on a machine that may have other things to do.

let matrix: Matrix
beforeAll(async () => {
  matrix = await openMatrix()
})
afterAll(async () => {
  await matrix.close()
  await matrix.server[Symbol.asyncDispose]()
})

const exists = ({ collection }: Cell): boolean => collection !== 'broken'
const fieldsOf = ({ collection }: Cell): readonly string[] => Object.keys(tables[collection]?.fields ?? {})
const stored = async (cell: Cell, id: string) =>
  (await matrix.doors.rest(seeder(cell.collection)).get(`records/${cell.collection}/${id}`)).body

const connect = async (cell: Cell): Promise<RepoClient> => {
  const client = matrix.doors.automerge(claims(cell.who, cell.tenant))
  await until(() => client.repo.peers.length > 0, 'the connection')
  client.onFrame(() => {})
  return client
}
const urlOf = (cell: Cell, id: string): AutomergeUrl =>
  automergeUrlOf({ tenant: HOME, collection: cell.collection, id }) as AutomergeUrl

interface Room {
  readonly client: TextClient
  /** What the socket was closed with, or `open`. */
  readonly state: string
  readonly denials: readonly string[]
}
const enter = async (cell: Cell, id: string): Promise<Room> => {
  const client = matrix.doors.yjs(claims(cell.who, cell.tenant), `${cell.collection}/${id}`)
  const denials: string[] = []
  let closed = 0
  client.provider.on('connection-close', (event) => {
    closed = event?.code ?? 0
  })
  client.provider.messageHandlers[2] = (_encoder, decoder) => {
    denials.push(Buffer.from(decoder.arr.subarray(decoder.pos)).toString())
  }
  await until(() => client.provider.synced || closed !== 0, 'the room')
  return { client, state: client.provider.synced ? 'open' : String(closed), denials }
}

describe('A7: the automerge door', () => {
  /** The field that the refusal names; `unavailable` alone tells nothing. */
  const opened = (cell: Cell): string => {
    if (!exists(cell) || !reads(cell)) return 'unavailable'
    const hidden = fieldsOf(cell).find((field) => !readsField(cell, field))
    return hidden === undefined ? 'open' : `unavailable, forbidden: ${hidden}`
  }
  const open = async (cell: Cell, client: RepoClient, id: string): Promise<string> => {
    try {
      const handle = await client.find(urlOf(cell, id))
      return handle.doc().owner === undefined ? 'empty' : 'open'
    } catch {
      const told = client.errors.map((error) => / (forbidden: \w+):/.exec(error)?.[1] ?? error)
      return ['unavailable', ...told].join(', ')
    }
  }

  it('opening a document: nothing of it is on the wire to who may not read all of it', async () => {
    const ids = new Map<string, string>()
    for (const collection of Object.keys(tables)) ids.set(collection, await seed(matrix.doors, collection))
    await expectCells(cellsOf('collection'), opened, async (cell) => {
      const client = await connect(cell)
      const answer = await open(cell, client, ids.get(cell.collection) ?? '')
      const isOnWire = client.frames.some((frame) => Buffer.from(frame).includes(' seeded'))
      expect(isOnWire).toBe(answer === 'open')
      await client.destroy()
      return answer
    })
  })

  it('writing a field of a document: who is denied is told which one, and goes on reading', () =>
    expectCells(
      // Who gives his diary away may no longer look whether it was written; see below.
      cellsOf('field').filter(
        (cell) =>
          exists(cell) &&
          readsWholeDocument(cell) &&
          !(cell.collection === 'diaries' && cell.field === 'owner'),
      ),
      (cell) => (mayWrite(cell) ? 'written' : `forbidden: ${cell.field}`),
      async (cell) => {
        const id = await seed(matrix.doors, cell.collection)
        const field = cell.field ?? ''
        const client = await connect(cell)
        const handle = await client.find(urlOf(cell, id))
        // In his own copy the refused value stands beside any other write of the field.
        const other = fieldsOf(cell).find((one) => one !== field) ?? ''
        const news = sampleOf(other, 'news of the others')
        const value = field === 'owner' ? 'somebody else' : sampleOf(field, 'written later')
        handle.change((doc) => {
          doc[field] = value
        })
        const answer = await until(async () => {
          if (client.errors.length > 0) return / (forbidden: \w+):/.exec(client.errors.join())?.[1]
          return (await stored(cell, id)).fields[field] === value ? 'written' : null
        }, 'an answer')
        if (answer !== 'written') {
          expect((await stored(cell, id)).fields[field]).toBe(sampleOf(field, 'seeded'))
          await matrix.doors
            .rest(seeder(cell.collection))
            .patch(`records/${cell.collection}/${id}`, { [other]: news })
          await until(
            () => String(handle.doc()[other]) === String(news),
            'the reader to be told of another write',
          )
        }
        await client.destroy()
        return answer
      },
    ))

  it('R1: bringing a new document', () =>
    expectCells(
      cellsOf('collection').filter(({ tenant }) => tenant === HOME),
      // With functions, nobody can: they are asked about a record, and there is none yet.
      (cell) => {
        const isByRole = tables[cell.collection]?.byRole === true
        return isByRole && mayWrite(cell) && readsWholeDocument(cell) ? 'stored' : 'unavailable'
      },
      async (cell) => {
        const id = `new-${cell.who}`
        const made = newRecord<Collections>(config, { tenant: cell.tenant, collection: cell.collection, id })
        const client = await connect(cell)
        const handle = client.repo.import<Record<string, unknown>>(made.binary, {
          docId: made.documentId as DocumentId,
        })
        handle.change((doc) => {
          doc.owner = 'owner'
        })
        const isStored = await until(async () => {
          const answer = await matrix.doors
            .rest(seeder(cell.collection))
            .get(`records/${cell.collection}/${id}`)
          if (answer.status === 200) return 'stored'
          return client.unavailable.includes(made.documentId) ? 'unavailable' : null
        }, 'an answer')
        await client.destroy()
        return isStored
      },
    ))
})

describe('A7: the y-websocket door', () => {
  const readable = (cell: Cell): string => {
    // In a tenant without the record, whoever may write creates it: that one is his own, and empty.
    const here = { ...cell, tenant: HOME }
    const isByRole = tables[cell.collection]?.byRole === true
    if (!exists(cell) || !reads(here) || (cell.tenant !== HOME && !(isByRole && mayWrite(cell, null))))
      return readsHidden(cell) ? '4403' : '4404'
    return readsField(here, 'body') ? 'open' : '4403'
  }
  const readsHidden = (cell: Cell): boolean =>
    exists(cell) && reads({ ...cell, tenant: HOME }) && !readsField({ ...cell, tenant: HOME }, 'body')

  it('entering a room', async () => {
    const ids = new Map<string, string>()
    for (const collection of Object.keys(tables)) {
      const id = await seed(matrix.doors, collection)
      ids.set(collection, id)
      if (collection === 'broken') continue
      const editor = matrix.doors.yjs(seeder(collection), `${collection}/${id}`)
      await until(() => editor.provider.synced, 'the editor to be in the room')
      editor.typeParagraph('only for readers')
    }
    await expectCells(cellsOf('collection'), readable, async (cell) => {
      // In the other tenant each comes first: the next would find what the one before has created.
      const shared = ids.get(cell.collection) ?? ''
      const id = cell.tenant === HOME ? shared : await seed(matrix.doors, cell.collection)
      const { client, state } = await enter(cell, id)
      if (state === 'open' && cell.tenant === HOME)
        await until(() => client.text.includes('only for readers'), 'the text')
      if (cell.tenant !== HOME || state !== 'open') expect(client.text).toBe('')
      client.destroy()
      return state
    })
  })

  it('typing: who is denied is told which field, keeps the socket, and shows that he is there', () =>
    expectCells(
      cellsOf('collection').filter((cell) => exists(cell) && reads(cell) && readsField(cell, 'body')),
      (cell) => (mayWrite(cell, 'body') ? 'written' : 'forbidden: body'),
      async (cell) => {
        const id = await seed(matrix.doors, cell.collection)
        const editor = await enter({ ...cell, who: cell.collection === 'diaries' ? 'owner' : 'doctor' }, id)
        const { client, denials } = await enter(cell, id)
        client.typeParagraph('typed')
        const answer = await until(
          () => (denials.length > 0 ? denials[0] : editor.client.text.includes('typed') ? 'written' : null),
          'an answer',
        )
        // Whoever may not write reads on, on the same socket, and can be seen.
        editor.client.typeParagraph('answered')
        await until(() => client.text.includes('answered'), 'the reader to be told')
        client.provider.awareness.setLocalStateField('user', { name: cell.who })
        const there = () => [...editor.client.provider.awareness.getStates().values()]
        await until(() => there().some((state) => state.user?.name === cell.who), 'presence')
        expect(client.provider.wsconnected).toBe(true)
        const text = await until(async () => {
          const now = await matrix.doors
            .rest(seeder(cell.collection))
            .get(`records/${cell.collection}/${id}/text/body`)
          return String(now.body).includes('answered') ? String(now.body) : null
        }, 'the text to be projected')
        expect(text.includes('typed')).toBe(answer === 'written')
        client.destroy()
        editor.client.destroy()
        return /forbidden: \w+/.exec(answer)?.[0] ?? answer
      },
    ))
})

describe('A6: rights follow the record', () => {
  it('who gives his record away is told at once, at both doors, and hears no more of it', async () => {
    const cell: Cell = { who: 'owner', tenant: HOME, collection: 'diaries', field: null }
    const id = await seed(matrix.doors, 'diaries')
    const repo = await connect(cell)
    const handle = await repo.find(urlOf(cell, id))
    const { client } = await enter(cell, id)
    let closed = 0
    client.provider.on('connection-close', (event) => {
      closed = event?.code ?? 0
    })
    const answer = await matrix.doors
      .rest(claims('owner', HOME))
      .patch(`records/diaries/${id}`, { owner: 'somebody else' })
    expect(answer).toMatchObject({ status: 200, body: { fields: {}, text: {} } })
    await until(() => closed === 4404, 'the room to be closed')
    await until(() => repo.errors.some((error) => error.includes('no longer read')), 'the refusal')
    expect(String(handle.doc().owner)).toBe('owner')
    client.destroy()
    await repo.destroy()
  })
})
