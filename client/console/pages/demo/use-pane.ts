/** One of the two clients of the demo: a name, a store and a connection of its own, as on a device of its own. */
import { useEffect, useState, useSyncExternalStore } from 'react'
import { connect, memoryStore } from '../../../index.ts'
import type { TextHandle } from '../../../text/index.ts'
import { openText } from '../../../text/index.ts'
import type { DemoClient, DemoRecord, Person } from './scene.ts'
import { COLLECTION, config, RECORD_ID } from './scene.ts'

export interface Pane {
  readonly person: Person
  readonly client: DemoClient
  readonly record: DemoRecord
  readonly text: TextHandle
}

/** @returns null while it opens, and the error if it cannot. */
export function usePane(person: Person): Pane | null | Error {
  const [pane, setPane] = useState<Pane | null | Error>(null)
  useEffect(() => {
    let isOver = false
    let opened: Pane | null = null
    openPane(person).then(
      (next) => {
        if (isOver) return closePane(next)
        opened = next
        setPane(next)
      },
      (error: unknown) => setPane(error instanceof Error ? error : new Error(String(error))),
    )
    return () => {
      isOver = true
      if (opened !== null) closePane(opened)
    }
  }, [person])
  return pane
}

async function openPane(person: Person): Promise<Pane> {
  const client = await connect(location.origin, {
    schema: config,
    token: person.name,
    device: `${person.name}’s tablet`,
    store: memoryStore(),
  })
  const text = await openText(client, COLLECTION, RECORD_ID)
  text.awareness.setLocalStateField('user', { name: person.name, color: person.cursor })
  return { person, client, record: client.record(COLLECTION, RECORD_ID), text }
}

function closePane({ client, record, text }: Pane): void {
  record.close()
  void text.close().then(() => client.close())
}

export interface PaneState {
  readonly isOnline: boolean
  /** The person has switched the connection off. */
  readonly isSwitchedOff: boolean
  /** Changes and texts that the server has not confirmed. */
  readonly isPending: boolean
}

/** What there is to say of a pane's connection. A component that uses it is rendered whenever anything of it changes. */
export function usePaneState({ client, record, text }: Pane): PaneState {
  const status = useSyncExternalStore(
    (listener) => client.subscribe(listener),
    () => client.status,
  )
  const pending = useSyncExternalStore(
    (listener) => client.subscribe(listener),
    () => client.pendingCount,
  )
  const textStatus = useSyncExternalStore(
    (listener) => text.subscribe(listener),
    () => text.status,
  )
  useSyncExternalStore(
    (listener) => record.subscribe(listener),
    () => record.view,
  )
  return {
    isOnline: status.name === 'online',
    isSwitchedOff: status.name === 'stopped',
    isPending: pending > 0 || textStatus.name !== 'durable',
  }
}
