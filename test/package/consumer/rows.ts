// TanStack DB on Sluice: rows and drafts have the types of the schema.
import { createCollection, createLiveQueryCollection, eq } from '@tanstack/db'
import type { SluiceClient } from 'sluice/client'
import { sluiceCollectionOptions } from 'sluice/tanstack-db'
import type { config } from './config.ts'

export function itemsOf(client: SluiceClient<(typeof config)['schema']>) {
  const items = createCollection(
    sluiceCollectionOptions({ client, collection: 'items', where: { name: 'Bolt' } }),
  )
  items.insert(items.utils.newRow({ id: 'i-1', name: 'Bolt', stock: 3 }))
  items.update('i-1', (draft) => {
    draft.stock -= 1
    draft.labels.push('sold')
    draft.price = null
  })
  return createLiveQueryCollection((q) =>
    q
      .from({ item: items })
      .where(({ item }) => eq(item.name, 'Bolt'))
      .select(({ item }) => ({ id: item.id, stock: item.stock })),
  )
}

// Never run: what is below is for the compiler.
export function misuse(client: SluiceClient<(typeof config)['schema']>): void {
  // @ts-expect-error the schema has no such collection
  sluiceCollectionOptions({ client, collection: 'nowhere' })
  // @ts-expect-error a number is no name
  sluiceCollectionOptions({ client, collection: 'items', where: { name: 5 } })
  const items = createCollection(sluiceCollectionOptions({ client, collection: 'items' }))
  // @ts-expect-error no such field
  items.utils.newRow({ id: 'i-1', nam: 'Bolt' })
  // @ts-expect-error a record has an id
  items.utils.newRow({ name: 'Bolt' })
  items.update('i-1', (draft) => {
    // @ts-expect-error a number is no name
    draft.name = 5
  })
  // @ts-expect-error texts are no part of a row
  createCollection(sluiceCollectionOptions({ client, collection: 'articles' })).get('a')?.body
}
