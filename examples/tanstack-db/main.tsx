// A list on TanStack DB: a live query on the client, mutations that are shown at once and rolled back if they are refused.
import { createCollection, eq, not } from '@tanstack/db'
import { useLiveQuery } from '@tanstack/react-db'
import type { ReactNode } from 'react'
import { useState } from 'react'
import { createRoot } from 'react-dom/client'
import { connect } from 'sluice/client'
import { NotInForce, sluiceCollectionOptions } from 'sluice/tanstack-db'
import config from '../../sluice.config.ts'

const client = await connect(location.origin, { schema: config })
const tickets = createCollection(sluiceCollectionOptions({ client, collection: 'tickets' }))

function Tickets(): ReactNode {
  const [problem, setProblem] = useState('')
  const { data } = useLiveQuery((q) =>
    q
      .from({ ticket: tickets })
      .where(({ ticket }) => not(eq(ticket.status, 'done')))
      .orderBy(({ ticket }) => ticket.title),
  )
  const tell = (error: unknown): void =>
    setProblem(error instanceof NotInForce ? error.message : String(error))
  const add = (entered: FormData): void => {
    const id = `T-${crypto.randomUUID()}`
    const row = tickets.utils.newRow({ id, title: String(entered.get('title')) })
    tickets.insert(row).isPersisted.promise.catch(tell)
  }
  const finish = (id: string): void => {
    const written = tickets.update(id, (draft) => {
      draft.status = 'done'
    })
    written.isPersisted.promise.catch(tell)
  }
  return (
    <>
      <ul>
        {data.map(({ id, title, status }) => (
          <li key={id}>
            {title} ({status}){' '}
            <button type="button" onClick={() => finish(id)}>
              Done
            </button>
          </li>
        ))}
      </ul>
      <form action={add}>
        <input name="title" aria-label="Title" required />
        <button type="submit">Add</button>
      </form>
      <p role="alert">{problem}</p>
    </>
  )
}

createRoot(document.querySelector('#root') ?? document.body).render(<Tickets />)
