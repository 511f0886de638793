/** What every page works with: the SDK's client, the schema, REST, and who the user is. */
import { createContext, useContext } from 'react'
import type { Collections } from '../../../shared/schema/config.ts'
import type { Schema } from '../../../shared/schema/schema.ts'
import type { SluiceClient } from '../../index.ts'
import type { Session } from './read-session.ts'
import type { RestClient } from './rest-client.ts'

export interface Console {
  readonly client: SluiceClient<Collections>
  /** Collections and fields that this user may read. */
  readonly schema: Schema
  readonly rest: RestClient
  readonly session: Session
  /** Works as somebody else from now on: a name in an open demo, otherwise a token. Null signs out. */
  readonly signIn: (token: string | null) => void
}

export const ConsoleContext = createContext<Console | null>(null)

/** @throws Error outside of the session. */
export function useConsole(): Console {
  const value = useContext(ConsoleContext)
  if (value === null) throw new Error('there is no session here')
  return value
}
