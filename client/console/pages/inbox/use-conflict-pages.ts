/** The conflicts of a view, open for as long as the component that shows them. */
import { useEffect, useState, useSyncExternalStore } from 'react'
import { useConsole } from '../../session/console-context.ts'
import type { ConflictPagesView } from './conflict-pages.ts'
import { ConflictPages } from './conflict-pages.ts'
import type { InboxFilter } from './inbox-filter.ts'

const NOTHING: ConflictPagesView = {
  conflicts: [],
  counts: null,
  status: 'loading',
  hasMore: false,
  problem: null,
}

export interface OpenPages {
  /** Null until they are open. */
  readonly pages: ConflictPages | null
  readonly view: ConflictPagesView
}

export function useConflictPages({ view, collection, author, value }: InboxFilter): OpenPages {
  const { client, rest, session } = useConsole()
  const [pages, setPages] = useState<ConflictPages | null>(null)
  useEffect(() => {
    const opened = new ConflictPages(
      { view, collection, author, value },
      { client, rest, me: session.subject },
    )
    setPages(opened)
    return () => opened.close()
  }, [client, rest, session.subject, view, collection, author, value])
  const shown = useSyncExternalStore(
    (listener) => pages?.subscribe(listener) ?? (() => {}),
    () => pages?.view ?? NOTHING,
  )
  return { pages, view: shown }
}
