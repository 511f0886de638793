// The authorization matrix of reading by the REST door: every actor, tenant, collection and field.
import { afterAll, beforeAll, describe, it } from 'vitest'
import { until } from '../../support/until.ts'
import type { Matrix } from './matrix.ts'
import { claims, codeOf, expectCells, openMatrix, seed, seeder } from './matrix.ts'
import type { Cell } from './oracle.ts'
import { cellsOf, HOME, isAsked, isClosed, reads, readsField, sampleOf, tables } from './oracle.ts'

// Many cells in each test, on a machine that may have other things to do.

let matrix: Matrix
/** Collection → a record of it that only reads look at. */
const read = new Map<string, string>()

beforeAll(async () => {
  matrix = await openMatrix()
  for (const collection of Object.keys(tables)) read.set(collection, await seed(matrix.doors, collection))
})
afterAll(async () => {
  await matrix.close()
  await matrix.server[Symbol.asyncDispose]()
})

const by = ({ who, tenant }: Cell) => matrix.doors.rest(claims(who, tenant))
const pathOf = ({ collection }: Cell): string => `records/${collection}/${read.get(collection)}`
const perField = cellsOf('field')
const perCollection = cellsOf('collection')

/** There is a record that the cell's actor could read at all. */
const exists = ({ collection }: Cell): boolean => collection !== 'broken'

describe('A3: reading by REST', () => {
  const shown = (cell: Cell): string =>
    !exists(cell) || !reads(cell) ? 'not_found' : readsField(cell) ? 'shown' : 'left out'
  const has = (names: object, { field }: Cell): string => ((field ?? '') in names ? 'shown' : 'left out')

  it('a record', () =>
    expectCells(perField, shown, async (cell) => {
      const answer = await by(cell).get(pathOf(cell))
      return answer.status === 200 ? has(answer.body.fields, cell) : codeOf(answer)
    }))

  it('a record as it was', async () => {
    const versions = new Map<string, string>()
    for (const [collection, id] of read)
      if (collection !== 'broken') {
        const { body } = await matrix.doors.rest(seeder(collection)).get(`records/${collection}/${id}`)
        versions.set(collection, body.version)
      }
    await expectCells(perField, shown, async (cell) => {
      const answer = await by(cell).get(`${pathOf(cell)}?at=${versions.get(cell.collection) ?? 'x'}`)
      return answer.status === 200 ? has(answer.body.fields, cell) : codeOf(answer)
    })
  })

  it('its history', () =>
    expectCells(perField, shown, async (cell) => {
      const answer = await by(cell).get(`${pathOf(cell)}/history`)
      const fields = (answer.body.items ?? []).map((line: { field: string }) => [line.field, true])
      return answer.status === 200 ? has(Object.fromEntries(fields), cell) : codeOf(answer)
    }))

  const listed = (cell: Cell): string => {
    if (isClosed(cell)) return 'forbidden'
    return !exists(cell) || !reads(cell) ? 'empty' : readsField(cell) ? 'shown' : 'left out'
  }
  it('a list', () =>
    expectCells(perField, listed, async (cell) => {
      const answer = await by(cell).get(`records/${cell.collection}`)
      if (answer.status !== 200) return codeOf(answer)
      return answer.body.items.length === 0 ? 'empty' : has(answer.body.items[0].fields, cell)
    }))

  it('a list by what a field holds: nobody can ask for what he may not read', () =>
    expectCells(
      perField,
      (cell) => {
        if (isClosed(cell)) return 'forbidden'
        if (isAsked(cell) || !readsField({ ...cell, tenant: HOME }))
          // Whoever may read no record of a collection with functions finds none.
          return isAsked(cell) || tables[cell.collection]?.byRole === true
            ? `forbidden ${cell.field}`
            : 'none'
        return exists(cell) && reads(cell) ? 'found' : 'none'
      },
      async (cell) => {
        const value = encodeURIComponent(String(sampleOf(cell.field ?? '', 'seeded')))
        const answer = await by(cell).get(`records/${cell.collection}?${cell.field}=${value}`)
        if (answer.status !== 200) return codeOf(answer)
        return answer.body.items.length === 0 ? 'none' : 'found'
      },
    ))

  const told = (cell: Cell): string => (exists(cell) && readsField(cell) ? 'told' : 'not told')
  it('the change log', () =>
    expectCells(perField, told, async (cell) => {
      const { body } = await by(cell).get(`changes?collection=${cell.collection}&limit=200`)
      return body.items.some(({ field }: { field: string }) => field === cell.field) ? 'told' : 'not told'
    }))

  it('the change feed, up to a line that everybody may read', async () => {
    const marker = await seed(matrix.doors, 'free')
    await matrix.doors.rest(claims('doctor', 'south')).put(`records/free/${marker}`, { title: 'the end' })
    await expectCells(perField, told, async (cell) => {
      const reader = await matrix.doors.stream(claims(cell.who, cell.tenant), 'after=0')
      try {
        for (;;) {
          const event = await reader.next()
          if (event === null || event.data?.recordId === marker) return 'not told'
          if (event.data?.collection === cell.collection && event.data.field === cell.field) return 'told'
        }
      } finally {
        await reader.close()
      }
    })
  })

  it('no answer holds a value that its reader may not read', () =>
    expectCells(
      // Values that are found nowhere else.
      perField.filter(({ field }) => typeof sampleOf(field ?? '', '') === 'string' && field !== 'owner'),
      told,
      async (cell) => {
        const secret = `${cell.field} kept from some in ${cell.collection}`
        const path = `records/${cell.collection}/${read.get(cell.collection)}`
        if (exists(cell))
          await matrix.doors.rest(seeder(cell.collection)).patch(path, { [cell.field ?? '']: secret })
        const paths = [
          path,
          `${path}/history?limit=200`,
          `records/${cell.collection}?limit=200`,
          'changes?limit=200',
          'conflicts?limit=200',
          'search?q=kept',
        ]
        const answers = await Promise.all(paths.map((one) => by(cell).get(one)))
        return JSON.stringify(answers).includes(secret) ? 'told' : 'not told'
      },
    ))

  it('a text, and what a search finds of it', async () => {
    for (const [collection, id] of read) {
      if (collection === 'broken') continue
      const editor = matrix.doors.yjs(seeder(collection), `${collection}/${id}`)
      await until(() => editor.provider.synced, 'the editor to be in the room')
      editor.typeParagraph(`Searchword${collection}`)
      await until(async () => {
        const answer = await matrix.doors
          .rest(seeder(collection))
          .get(`records/${collection}/${id}/text/body`)
        return String(answer.body).includes('Searchword')
      }, 'the text to be projected')
      await until(async () => {
        const { body } = await matrix.doors.rest(seeder(collection)).get(`search?q=Searchword${collection}`)
        return body.items.length > 0
      }, 'the text to be indexed')
    }
    await expectCells(
      perCollection,
      (cell) => {
        if (!exists(cell) || !reads(cell)) return 'not_found'
        return readsField(cell, 'body') ? 'ok' : 'forbidden body'
      },
      async (cell) => codeOf(await by(cell).get(`${pathOf(cell)}/text/body`)),
    )
    const found = (cell: Cell): string => (exists(cell) && readsField(cell, 'body') ? 'found' : 'none')
    await expectCells(perCollection, found, async (cell) => {
      const { body } = await by(cell).get(`search?q=Searchword${cell.collection}`)
      return body.items.length === 0 ? 'none' : 'found'
    })
    await expectCells(perCollection, found, async (cell) => {
      const answer = await by(cell).get(pathOf(cell))
      return String(answer.body.text?.body ?? '').includes('Searchword') ? 'found' : 'none'
    })
  })
})
