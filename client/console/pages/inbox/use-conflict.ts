/** The conflict at hand: as the list has it, or, if it is not among those, as the server answers it. */
import { useCallback, useEffect, useState } from 'react'
import { isJsonObject } from '../../../../shared/json.ts'
import type { ConflictView } from '../../../index.ts'
import { useConsole } from '../../session/console-context.ts'

interface Found {
  readonly conflict: ConflictView | null
  readonly error: unknown
}

export interface ShownConflict extends Found {
  readonly retry: () => void
}

const NOTHING: Found = { conflict: null, error: null }

export function useConflict(listed: readonly ConflictView[], id: string | null): ShownConflict {
  const { rest } = useConsole()
  const known = listed.find((conflict) => conflict.id === id) ?? null
  const [found, setFound] = useState<Found>(NOTHING)
  const [attempt, setAttempt] = useState(0)
  const retry = useCallback(() => setAttempt((count) => count + 1), [])
  const isUnknown = id !== null && known === null
  // biome-ignore lint/correctness/useExhaustiveDependencies: each attempt reads again
  useEffect(() => {
    setFound(NOTHING)
    if (!isUnknown) return
    const ending = new AbortController()
    rest.read(`/v1/conflicts/${encodeURIComponent(id)}`, ending.signal).then(
      (answer) => {
        // The server answers a conflict in this shape.
        if (isJsonObject(answer)) setFound({ conflict: answer as unknown as ConflictView, error: null })
      },
      (error: unknown) => {
        if (!ending.signal.aborted) setFound({ conflict: null, error })
      },
    )
    return () => ending.abort()
  }, [rest, id, isUnknown, attempt])
  if (known !== null) return { conflict: known, error: null, retry }
  return { conflict: found.conflict?.id === id ? found.conflict : null, error: found.error, retry }
}
