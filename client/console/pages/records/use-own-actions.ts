/** What a person has changed on this page, and what became of it. */
import { useCallback, useState } from 'react'
import type { ChangeHandle, ChangeOutcome } from '../../../index.ts'

export interface OwnAction {
  readonly id: string
  /** What was done: `dose, doseUnit`, `restored what was`, … */
  readonly label: string
  /** Null until the server has answered. */
  readonly outcome: ChangeOutcome | null
}

/** So many stay in sight. */
const SHOWN_MAX = 6

export interface OwnActions {
  /** The newest first. */
  readonly actions: readonly OwnAction[]
  readonly track: (label: string, change: ChangeHandle) => void
  readonly forget: (id: string) => void
}

export function useOwnActions(): OwnActions {
  const [actions, setActions] = useState<readonly OwnAction[]>([])
  const track = useCallback((label: string, change: ChangeHandle): void => {
    const { id } = change
    setActions((before) => [{ id, label, outcome: null }, ...before].slice(0, SHOWN_MAX))
    void change.settled.then((outcome) =>
      setActions((before) => before.map((action) => (action.id === id ? { ...action, outcome } : action))),
    )
  }, [])
  const forget = useCallback(
    (id: string): void => setActions((before) => before.filter((action) => action.id !== id)),
    [],
  )
  return { actions, track, forget }
}
