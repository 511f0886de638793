/** An answer of the REST API, read again whenever its key changes; what was read before stays in sight meanwhile. */
import { useCallback, useEffect, useState } from 'react'
import type { Json } from '../../../shared/json.ts'
import type { RestClient } from '../session/rest-client.ts'

export interface Answer {
  /** Undefined until it is read for the first time. */
  readonly body: Json | undefined
  /** Why the last attempt failed; null if it did not. */
  readonly error: unknown
}

export interface AskedAnswer extends Answer {
  readonly retry: () => void
}

/** @param key names the state of things that the answer depends on. */
export function useAnswer(rest: RestClient, path: string, key: string | number): AskedAnswer {
  const [answer, setAnswer] = useState<Answer>({ body: undefined, error: null })
  const [attempt, setAttempt] = useState(0)
  // biome-ignore lint/correctness/useExhaustiveDependencies: the key and the attempt say when to read again
  useEffect(() => {
    const ending = new AbortController()
    rest.read(path, ending.signal).then(
      (body) => setAnswer({ body, error: null }),
      (error: unknown) => {
        if (!ending.signal.aborted) setAnswer(({ body }) => ({ body, error }))
      },
    )
    return () => ending.abort()
  }, [rest, path, key, attempt])
  const retry = useCallback(() => setAttempt((count) => count + 1), [])
  return { ...answer, retry }
}
