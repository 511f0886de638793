// Typed by the schema, without a cast; what makes no sense does not compile.
import type { ReactNode } from 'react'
import { createHooks } from 'sluice/react'
import type { config } from './config.ts'

const { SluiceProvider, useInbox, usePresence, useQuery, useRecord, useSluice, useStatus, useText } =
  createHooks<typeof config>()

export function Item({ id }: { readonly id: string }): ReactNode {
  const { fields, handle, staged } = useRecord('items', id, { suspend: true })
  const name: string = useRecord('items', id, { select: (item) => item.fields.name })
  const { rows } = useQuery('items', { where: { name }, orderBy: { field: 'price' } })
  const prices: readonly (number | null)[] = rows.map((row) => row.fields.price)
  const text = useText('articles', id)
  const isOnline: boolean = useStatus({ select: ({ connection }) => connection.name === 'online' })
  const { conflicts } = useInbox({ collection: 'items' })
  const { others } = usePresence('items', id, { me: { name: 'Ann' } })
  const sell = (): void => {
    handle.change((draft) => draft.stock.decrement())
  }
  const shown = [fields.stock.toFixed(), staged.size, prices.length, text?.status.name, conflicts.length]
  return (
    <button type="button" disabled={!isOnline} onClick={sell}>
      {shown.join()} {others.length}
    </button>
  )
}

// Never shown: what is below is for the compiler.
export function Misuse(): ReactNode {
  // @ts-expect-error the schema has no such collection
  useRecord('nowhere', '1')
  const { fields, handle } = useRecord('items', '1')
  // @ts-expect-error fields are read, and written by change()
  fields.name = 'x'
  // @ts-expect-error no such field
  fields.nam
  handle.change((draft) => {
    // @ts-expect-error a counter is changed by increments
    draft.stock = 5
  })
  // @ts-expect-error what is selected is no number
  const wrong: number = useRecord('items', '1', { select: (item) => item.fields.name })
  // @ts-expect-error a number is no name
  useQuery('items', { where: { name: 5 } })
  // @ts-expect-error nobody orders by a set
  useQuery('items', { orderBy: { field: 'labels' } })
  // @ts-expect-error a text that does not suspend may be null
  useText('articles', '1').doc
  useText('articles', '1', { suspend: true }).doc
  // @ts-expect-error the client has no such collection
  useSluice().record('nowhere', '1')
  // @ts-expect-error a provider has a client
  const provider = <SluiceProvider>{wrong}</SluiceProvider>
  return provider
}
