/**
 * An answer of the REST API, read again and again while the page is in sight: each time some seconds after the one
 * before has come, so that a slow server is asked less often. What was read before stays in sight meanwhile.
 */
import { useEffect, useState } from 'react'
import type { RestClient } from '../session/rest-client.ts'
import type { Answer } from './use-answer.ts'

const UNREAD: Answer = { body: undefined, error: null }

/** Another path starts anew. */
export function useRefreshed(rest: RestClient, path: string, everyMs: number): Answer {
  const [answer, setAnswer] = useState<Answer & { readonly path: string }>({ ...UNREAD, path })
  useEffect(() => {
    const ending = new AbortController()
    const { signal } = ending
    const run = async (): Promise<void> => {
      while (!signal.aborted) {
        await rest.read(path, signal).then(
          (body) => setAnswer({ path, body, error: null }),
          (error: unknown) => {
            if (!signal.aborted)
              setAnswer((before) => ({ ...(before.path === path ? before : UNREAD), path, error }))
          },
        )
        await nextTurn(everyMs, signal)
      }
    }
    void run()
    return () => ending.abort()
  }, [rest, path, everyMs])
  return answer.path === path ? answer : UNREAD
}

/** Resolves after so long, but not while the page is out of sight; at once when it is left. */
function nextTurn(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer)
      document.removeEventListener('visibilitychange', onSight)
      signal.removeEventListener('abort', end)
      resolve()
    }
    const isVisible = (): boolean => document.visibilityState === 'visible'
    let isDue = false
    const onSight = (): void => {
      if (isDue && isVisible()) end()
    }
    const timer = setTimeout(() => {
      isDue = true
      onSight()
    }, ms)
    document.addEventListener('visibilitychange', onSight)
    signal.addEventListener('abort', end)
  })
}
