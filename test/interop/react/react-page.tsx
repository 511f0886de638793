// Runs in the page of `react.test.ts`: components on `sluice/react`, one scene for each thing that is looked at.
import type { ReactNode } from 'react'
import { Suspense, useEffect } from 'react'
import { connect } from '../../../client/index.ts'
import { createHooks } from '../../../client/react/index.ts'
import { collection, defineConfig, s } from '../../../shared/index.ts'
import { countDrawing, drawings, mount, sent, shown, unmount, WatchedSocket } from './stage.tsx'

const config = defineConfig({
  schema: {
    items: collection({ name: s.string().required(), stock: s.counter({ min: 0 }) }),
    patients: collection({ name: s.string().required(), diagnosis: s.string().critical() }),
    articles: collection({ title: s.string(), body: s.text() }),
  },
})
const { SluiceProvider, useInbox, usePresence, useQuery, useRecord, useSluice, useStatus, useText } =
  createHooks<typeof config>()

const useDrawings = (name: string): void => useEffect(() => countDrawing(name))

function Item({ id }: { readonly id: string }): ReactNode {
  const { fields, status, staged, handle } = useRecord('items', id)
  useDrawings('item')
  return (
    <p>
      {status} {fields.name} {fields.stock} {staged.has('stock') ? 'staged' : 'sure'}
      <button type="button" onClick={() => handle.change((draft) => draft.stock.increment())}>
        +
      </button>
    </p>
  )
}

function Name({ id }: { readonly id: string }): ReactNode {
  const part = useRecord('items', id, { select: ({ fields }) => ({ name: fields.name }) })
  useDrawings('name')
  return <b>{part.name}</b>
}

function Suspended({ id }: { readonly id: string }): ReactNode {
  const { fields } = useRecord('items', id, { suspend: true })
  return <p>{fields.name}</p>
}

function Text({ id }: { readonly id: string }): ReactNode {
  const { doc, status } = useText('articles', id, { suspend: true })
  return (
    <button type="button" onClick={() => doc.getText('body').insert(0, 'typed')}>
      {status.name}
    </button>
  )
}

function Status(): ReactNode {
  const { connection, storage, pendingCount } = useStatus()
  useDrawings('status')
  return (
    <p>
      {connection.name} {storage.type} {pendingCount}
    </p>
  )
}

/** What it asks for is made anew each time that it is drawn. */
function Query({ name }: { readonly name: string }): ReactNode {
  const { rows, status } = useQuery('items', {
    where: { name },
    orderBy: { field: 'stock', descending: true },
  })
  const count = useQuery('items', {
    where: { name },
    orderBy: { field: 'stock', descending: true },
    select: countOf,
  })
  return (
    <p>
      {status} {count}: {rows.map(({ id, fields }) => `${id} ${fields.stock}`).join(', ')}
    </p>
  )
}
const countOf = ({ rows }: { readonly rows: readonly unknown[] }): number => rows.length

function Inbox({ id }: { readonly id: string }): ReactNode {
  const { conflicts, handle } = useInbox({ recordId: id, suspend: true })
  const [conflict] = conflicts
  if (conflict === undefined) return 'nothing to decide'
  const { id: choose } = conflict.incumbent
  return (
    <button type="button" onClick={() => void handle.resolve(conflict, { choose, note: 'looked again' })}>
      {conflict.fields.join()}
    </button>
  )
}

function Present({ id }: { readonly id: string }): ReactNode {
  const { others, me } = usePresence('items', id, { me: { name: 'Ann' } })
  return (
    <p>
      {String(me?.state.name)} beside {others.map(({ state }) => String(state.name)).join()}
    </p>
  )
}

function Lost(): ReactNode {
  useSluice()
  return 'never'
}

const scenes: Readonly<Record<string, (id: string) => ReactNode>> = {
  item: (id) => <Item id={id} />,
  twice: (id) => [<Item key="1" id={id} />, <Item key="2" id={id} />, <Name key="3" id={id} />],
  name: (id) => <Name id={id} />,
  suspended: (id) => <Suspended id={id} />,
  text: (id) => <Text id={id} />,
  status: () => <Status />,
  query: (name) => <Query name={name} />,
  inbox: (id) => <Inbox id={id} />,
  present: (id) => <Present id={id} />,
}

const open = async (url: string) => {
  const client = await connect(url, { schema: config, WebSocket: WatchedSocket })
  return {
    client,
    mount: (scene: string, id: string) =>
      mount(
        <SluiceProvider client={client}>
          <Suspense fallback="waiting">{scenes[scene]?.(id)}</Suspense>
        </SluiceProvider>,
      ),
    /** The client is still on its way when the page is drawn. */
    mountEarly: (id: string) =>
      mount(
        <SluiceProvider client={Promise.resolve(client)}>
          <Suspense fallback="waiting">
            <Item id={id} />
          </Suspense>
        </SluiceProvider>,
      ),
    mountWithoutProvider: () => mount(<Lost />),
    unmount,
    shown,
    drawings,
    sent: () => sent.splice(0),
    /** Another tab of the same client. */
    stand: (id: string, name: string) => client.record('items', id).presence().set({ name }),
    press: () => document.querySelector('button')?.click(),
  }
}

export type ReactPage = Awaited<ReturnType<typeof open>>

Object.assign(globalThis, { open, app: null })
