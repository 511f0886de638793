/**
 * The session's life: ask who the token is, connect the SDK as him, and when the token is not accepted any more ask for
 * another one while the client, and what it has not sent, stays.
 */
import { useCallback, useEffect, useMemo, useState } from 'react'
import type { Collections } from '../../../shared/schema/config.ts'
import type { Schema } from '../../../shared/schema/schema.ts'
import type { SluiceClient } from '../../index.ts'
import { connect, indexedDbStore } from '../../index.ts'
import type { Console } from './console-context.ts'
import type { Session } from './read-session.ts'
import { readSession } from './read-session.ts'
import { RestClient, RestProblem } from './rest-client.ts'
import { openTokenBox } from './token-box.ts'

/** Whom an open demo takes the user for until he says otherwise. */
const DEMO_NAME = 'reviewer'

export type SessionState =
  | { readonly name: 'loading' }
  /** @member problem why the token that there was is not accepted; null if there was none. */
  | { readonly name: 'signed-out'; readonly problem: RestProblem | null }
  | { readonly name: 'failed'; readonly error: unknown }
  /** @member isExpired the token is not accepted any more: another one of the same person is asked for. */
  | { readonly name: 'open'; readonly console: Console; readonly isExpired: boolean }

export interface SessionControl {
  readonly state: SessionState
  /** As another person, or as the first one. Null signs out. */
  readonly signIn: (token: string | null) => void
  /** Goes on with a fresh token. @throws RestProblem if it is not accepted, RangeError if it is somebody else's. */
  readonly renew: (token: string) => Promise<void>
  readonly retry: () => void
}

interface Opened {
  readonly client: SluiceClient<Collections>
  readonly session: Session
  readonly schema: Schema
}

type Opening = Exclude<SessionState, { name: 'open' }> | ({ readonly name: 'open' } & Opened)

export function useSession(): SessionControl {
  const box = useMemo(() => openTokenBox(sessionStorage), [])
  const [attempt, setAttempt] = useState(0)
  const [opening, setOpening] = useState<Opening>({ name: 'loading' })
  const [isExpired, setExpired] = useState(false)
  const rest = useMemo(
    () =>
      new RestClient(
        () => box.token,
        () => setExpired(true),
      ),
    [box],
  )

  // biome-ignore lint/correctness/useExhaustiveDependencies: every attempt opens anew
  useEffect(() => openSession(box, setOpening), [box, attempt])
  useExpiry(opening, setExpired)

  const retry = useCallback(() => {
    setOpening({ name: 'loading' })
    setExpired(false)
    setAttempt((count) => count + 1)
  }, [])
  const signIn = useCallback(
    (token: string | null) => {
      box.keep(token)
      retry()
    },
    [box, retry],
  )
  const renew = async (token: string): Promise<void> => {
    const { session } = await readSession(new RestClient(() => token))
    if (opening.name !== 'open') return signIn(token)
    const { subject, tenant } = opening.session
    if (session.subject !== subject || session.tenant !== tenant)
      throw new RangeError(`this is a token of ${session.subject}, and you are ${subject}`)
    box.keep(token)
    setExpired(false)
    opening.client.connect()
  }
  return { state: useStateOf(opening, rest, signIn, isExpired), signIn, renew, retry }
}

function useStateOf(
  opening: Opening,
  rest: RestClient,
  signIn: Console['signIn'],
  isExpired: boolean,
): SessionState {
  const value = useMemo(
    () =>
      opening.name === 'open'
        ? { client: opening.client, schema: opening.schema, session: opening.session, rest, signIn }
        : null,
    [opening, rest, signIn],
  )
  if (opening.name !== 'open') return opening
  return value === null ? { name: 'loading' } : { name: 'open', console: value, isExpired }
}

/** The server says so in its own terms when it refuses the connection for good. */
function useExpiry(opening: Opening, setExpired: (isExpired: boolean) => void): void {
  useEffect(() => {
    if (opening.name !== 'open') return
    const { client } = opening
    return client.subscribe(() => {
      const { status } = client
      if (status.name === 'stopped' && status.code === 'unauthenticated') setExpired(true)
      else if (status.name === 'online') setExpired(false)
    })
  }, [opening, setExpired])
}

/** @returns what ends it. */
function openSession(box: ReturnType<typeof openTokenBox>, report: (opening: Opening) => void): () => void {
  let isOver = false
  let client: SluiceClient<Collections> | null = null
  const run = async (): Promise<void> => {
    const rest = new RestClient(() => box.token)
    let opened = await readSession(rest)
    if (opened.session.isOpen && box.token === null) {
      box.keep(DEMO_NAME)
      opened = await readSession(rest)
    }
    const { session, schema } = opened
    client = await connect(location.origin, {
      schema,
      token: () => box.token,
      device: 'console',
      // What one person has not sent waits for him, whoever signs in meanwhile.
      store: indexedDbStore(`sluice console ${session.tenant} ${session.subject}`),
    })
    if (isOver) return client.close()
    report({ name: 'open', client, session, schema })
  }
  run().catch((error: unknown) => {
    if (isOver) return
    const isRefused = error instanceof RestProblem && error.status === 401
    report(
      isRefused
        ? { name: 'signed-out', problem: box.token === null ? null : error }
        : { name: 'failed', error },
    )
  })
  return () => {
    isOver = true
    void client?.close()
  }
}
