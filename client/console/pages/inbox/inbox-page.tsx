/** The page "Inbox": what waits for a decision on the left, the conflict at hand beside it. */
import { Box } from '@mantine/core'
import { IconLock } from '@tabler/icons-react'
import { useCallback, useMemo } from 'react'
import { useLocation, useRoute, useSearch } from 'wouter'
import { EmptyState } from '../../components/empty-state.tsx'
import { LoadError } from '../../components/load-error.tsx'
import { Page } from '../../components/page.tsx'
import { useKeys } from '../../frame/keys.ts'
import { useConsole } from '../../session/console-context.ts'
import { BulkDecision } from './bulk-decision.tsx'
import { ConflictCard } from './conflict-card.tsx'
import { ConflictList } from './conflict-list.tsx'
import { ExportMenu } from './export-menu.tsx'
import { FilterBar } from './filter-bar.tsx'
import type { InboxFilter } from './inbox-filter.ts'
import { addressOf, readFilter } from './inbox-filter.ts'
import classes from './inbox-page.module.css'
import { useConflict } from './use-conflict.ts'
import { useConflictPages } from './use-conflict-pages.ts'
import { useDecisions } from './use-decisions.ts'

export default function InboxPage() {
  const { schema } = useConsole()
  const search = useSearch()
  const filter = useMemo(() => readFilter(search), [search])
  const [, params] = useRoute('/inbox/:id')
  const [, navigate] = useLocation()
  const { pages, view } = useConflictPages(filter)
  const { conflicts } = view
  const wanted = params?.id === undefined ? null : decodeURIComponent(params.id)
  const shownId = wanted ?? conflicts[0]?.id ?? null
  const { conflict, error, retry } = useConflict(conflicts, shownId)

  const isChosen = wanted !== null
  const show = useCallback(
    (id: string | null): void => navigate(addressOf(filter, id), { replace: isChosen }),
    [navigate, filter, isChosen],
  )
  const step = (by: 1 | -1): void => {
    const next = conflicts[conflicts.findIndex(({ id }) => id === shownId) + by]
    if (next !== undefined) show(next.id)
  }
  const decisions = useDecisions(pages, (decided) => {
    const at = conflicts.findIndex(({ id }) => id === decided)
    const next = conflicts[at + 1] ?? conflicts[at - 1]
    // In the archive nothing goes away by what is done to it.
    if (filter.view !== 'archive' && next !== undefined) show(next.id)
  })
  useKeys('Inbox', [
    { keys: 'j', label: 'Next conflict', run: () => step(1) },
    { keys: 'k', label: 'Previous conflict', run: () => step(-1) },
    { keys: 'u', label: 'Take the last decision back', run: decisions.undoLast },
  ])
  const change = (next: InboxFilter): void => navigate(addressOf(next, null))

  if (schema.size === 0)
    return (
      <Page title="Inbox">
        <EmptyState
          title="You may see no conflicts"
          icon={IconLock}
          text="None of your roles may read a collection of this server. Ask who runs it, or sign in as somebody else."
        />
      </Page>
    )
  return (
    <Page
      title="Inbox"
      lead="Writes to critical fields that did not see each other. What is in force stays until somebody decides."
      actions={
        <>
          <BulkDecision filter={filter} />
          <ExportMenu filter={filter} />
        </>
      }
    >
      <FilterBar filter={filter} counts={view.counts} onChange={change} />
      <Box className={classes.panes ?? ''} data-has-choice={isChosen}>
        <ConflictList
          view={view}
          shownId={shownId}
          onShow={show}
          onEnd={() => void pages?.loadMore()}
          filter={filter}
        />
        <section className={classes.detail} aria-label="The conflict">
          {conflict !== null ? (
            <ConflictCard
              key={conflict.id}
              conflict={conflict}
              decisions={decisions}
              onBack={() => show(null)}
            />
          ) : error !== null ? (
            <LoadError error={error} onRetry={retry} />
          ) : shownId === null && view.status !== 'loading' ? (
            <EmptyState title="Nothing is chosen" text="A conflict is shown here with all of its sides." />
          ) : null}
        </section>
      </Box>
    </Page>
  )
}
