/** What a reviewer does to conflicts: done through the SDK's inbox, told by a notice, and taken back by one key. */
import { notifications } from '@mantine/notifications'
import { useRef, useState } from 'react'
import type { ActionOutcome, ConflictView, Resolving } from '../../../index.ts'
import { messageOf } from '../../components/load-error.tsx'
import type { ConflictPages } from './conflict-pages.ts'

/** Somebody else has acted first: the sides that the reviewer had not seen. */
export interface Staleness {
  readonly conflictId: string
  readonly message: string
  readonly newSides: ReadonlySet<string>
}

export interface Decisions {
  /** The conflict that an action is under way for. */
  readonly busy: string | null
  readonly stale: Staleness | null
  readonly decide: (conflict: ConflictView, resolving: Resolving) => Promise<boolean>
  readonly approve: (conflict: ConflictView) => Promise<boolean>
  readonly withdraw: (conflict: ConflictView) => Promise<boolean>
  readonly takeBack: (conflict: ConflictView) => Promise<boolean>
  readonly assign: (conflict: ConflictView, assignee: string | null) => Promise<boolean>
  readonly comment: (conflict: ConflictView, text: string) => Promise<boolean>
  readonly undoLast: () => void
}

/** @param onDecided told of the conflict that needs no more of this person. */
export function useDecisions(pages: ConflictPages | null, onDecided: (id: string) => void): Decisions {
  const [busy, setBusy] = useState<string | null>(null)
  const [stale, setStale] = useState<Staleness | null>(null)
  const last = useRef<ConflictView | null>(null)

  const act = async (
    conflict: ConflictView,
    ask: () => Promise<ActionOutcome>,
    done: string,
  ): Promise<boolean> => {
    setBusy(conflict.id)
    const outcome = await ask().catch(
      (error: unknown): ActionOutcome => ({
        status: 'refused',
        code: 'internal',
        message: messageOf(error),
        details: {},
        conflict: null,
      }),
    )
    setBusy(null)
    if (outcome.status === 'done') {
      setStale(null)
      pages?.put(outcome.conflict)
      if (done !== '') tell('teal', done, `${conflict.collection}/${conflict.recordId}`)
      return true
    }
    if (outcome.status === 'refused') {
      if (outcome.conflict !== null) {
        const known = new Set(sideIdsOf(conflict))
        const newSides = new Set(sideIdsOf(outcome.conflict).filter((id) => !known.has(id)))
        pages?.put(outcome.conflict)
        setStale({ conflictId: conflict.id, message: outcome.message, newSides })
      }
      tell('red', 'Not done', outcome.message)
    } else if (outcome.status === 'offline')
      tell('gray', 'Offline', 'There is no connection: nothing was asked. Try again when it is back.')
    else
      tell(
        'gray',
        'Not known',
        'The connection went before the answer. The conflict shows what became of it.',
      )
    return false
  }

  const inbox = pages?.inbox
  const missing = async (): Promise<ActionOutcome> => ({ status: 'offline' })
  const finish = async (conflict: ConflictView, isDone: boolean): Promise<boolean> => {
    if (!isDone) return false
    last.current = conflict
    onDecided(conflict.id)
    return true
  }
  const takeBack = (conflict: ConflictView): Promise<boolean> =>
    act(conflict, () => inbox?.takeBack(conflict) ?? missing(), 'Taken back')

  return {
    busy,
    stale,
    decide: async (conflict, resolving) =>
      finish(
        conflict,
        await act(conflict, () => inbox?.resolve(conflict, resolving) ?? missing(), decidedWords(resolving)),
      ),
    approve: async (conflict) =>
      finish(conflict, await act(conflict, () => inbox?.approve(conflict) ?? missing(), 'Approved')),
    withdraw: (conflict) => act(conflict, () => inbox?.withdraw(conflict) ?? missing(), 'Withdrawn'),
    takeBack,
    assign: (conflict, assignee) => act(conflict, () => inbox?.assign(conflict, assignee) ?? missing(), ''),
    comment: (conflict, text) => act(conflict, () => inbox?.comment(conflict, text) ?? missing(), ''),
    undoLast: () => {
      if (last.current !== null) void takeBack(last.current)
    },
  }
}

const sideIdsOf = ({ incumbent, alongside, challengers }: ConflictView): readonly string[] =>
  [incumbent, ...alongside, ...challengers].map(({ id }) => id)

const decidedWords = (resolving: Resolving): string => ('dismiss' in resolving ? 'Dismissed' : 'Decided')

function tell(color: string, title: string, message: string): void {
  notifications.show({ color, title, message, autoClose: color === 'red' ? 8000 : 3000 })
}
