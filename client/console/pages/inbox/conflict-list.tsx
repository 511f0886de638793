/** The conflicts of a view: as many as there are, of which only those in sight are in the page. */
import { Button, Group, Loader, Text } from '@mantine/core'
import { IconCircleCheck, IconCloudOff } from '@tabler/icons-react'
import { useVirtualizer } from '@tanstack/react-virtual'
import { memo, useEffect, useRef } from 'react'
import type { ConflictView } from '../../../index.ts'
import { EmptyState } from '../../components/empty-state.tsx'
import { RelativeTime } from '../../components/relative-time.tsx'
import { StatusBadge } from '../../components/status-badge.tsx'
import { useConsole } from '../../session/console-context.ts'
import classes from './conflict-list.module.css'
import type { ConflictPagesView } from './conflict-pages.ts'
import type { InboxFilter } from './inbox-filter.ts'
import { sidesOf } from './side-values.ts'

export interface ConflictListProps {
  readonly view: ConflictPagesView
  readonly filter: InboxFilter
  readonly shownId: string | null
  readonly onShow: (id: string) => void
  /** The end is in sight, and there is more. */
  readonly onEnd: () => void
}

const ROW_PX = 64
const OVERSCAN = 12

const rowHeight = (): number => ROW_PX

export function ConflictList({ view, filter, shownId, onShow, onEnd }: ConflictListProps) {
  const { conflicts, hasMore, status, problem } = view
  const scroller = useRef<HTMLDivElement>(null)
  const rows = useVirtualizer({
    count: conflicts.length,
    getScrollElement: () => scroller.current,
    // Always the same function: another one would have all rows measured anew.
    estimateSize: rowHeight,
    overscan: OVERSCAN,
  })
  const items = rows.getVirtualItems()
  const lastSeen = items.at(-1)?.index ?? -1
  useEffect(() => {
    if (hasMore && lastSeen >= conflicts.length - OVERSCAN) onEnd()
  }, [hasMore, lastSeen, conflicts.length, onEnd])
  const shownAt = conflicts.findIndex(({ id }) => id === shownId)
  useEffect(() => {
    if (shownAt >= 0) rows.scrollToIndex(shownAt, { align: 'auto' })
  }, [rows, shownAt])

  if (conflicts.length === 0) return <NoConflicts view={view} filter={filter} onEnd={onEnd} />
  return (
    <div>
      {status === 'stale' ? (
        <Text size="xs" c="dimmed" mb={4}>
          <IconCloudOff size={12} aria-hidden /> Offline: as it was told last.
        </Text>
      ) : null}
      {problem === null ? null : (
        <Group gap="xs" mb={4}>
          <Text size="xs" c="red" role="alert">
            {problem}
          </Text>
          <Button size="compact-xs" variant="default" onClick={onEnd}>
            Try again
          </Button>
        </Group>
      )}
      <div ref={scroller} className={classes.scroller} role="listbox" aria-label="Conflicts" tabIndex={-1}>
        <div className={classes.rows} style={{ height: rows.getTotalSize() }}>
          {items.map(({ index, start }) => {
            const conflict = conflicts[index]
            return conflict === undefined ? null : (
              <ConflictRow
                key={conflict.id}
                conflict={conflict}
                isShown={conflict.id === shownId}
                start={start}
                place={index + 1}
                count={hasMore ? -1 : conflicts.length}
                onShow={onShow}
              />
            )
          })}
        </div>
      </div>
      <Text size="xs" c="dimmed" mt={6} className="tabular" aria-live="polite">
        {shownAt < 0 ? '' : `${shownAt + 1} of `}
        {conflicts.length}
        {hasMore ? '+' : ''}
      </Text>
    </div>
  )
}

interface ConflictRowProps {
  readonly conflict: ConflictView
  readonly isShown: boolean
  readonly start: number
  readonly place: number
  /** -1: not known. */
  readonly count: number
  readonly onShow: (id: string) => void
}

const ConflictRow = ({ conflict, isShown, start, place, count, onShow }: ConflictRowProps) => (
  <button
    type="button"
    role="option"
    aria-selected={isShown}
    aria-posinset={place}
    aria-setsize={count}
    className={classes.row}
    style={{ transform: `translateY(${start}px)`, height: ROW_PX }}
    onClick={() => onShow(conflict.id)}
  >
    <RowContent conflict={conflict} />
  </button>
)

/** Drawn once for a conflict, wherever in the list it comes to stand. */
const RowContent = memo(({ conflict }: { readonly conflict: ConflictView }) => {
  const { session } = useConsole()
  const { assignee, collection, recordId, fields } = conflict
  const authors = [...new Set(sidesOf(conflict).map(({ author }) => author))]
  return (
    <>
      <span className={classes.line}>
        <span className={classes.name} dir="auto">
          {collection}/{recordId}
        </span>
        <span className={classes.age}>
          <RelativeTime at={conflict.openedAt} />
        </span>
      </span>
      <span className={classes.line}>
        <span className={classes.about} dir="auto">
          {fields.join(', ')} · {authors.join(' ‖ ')}
        </span>
        <span className={classes.state}>
          {assignee === null || conflict.state !== 'assigned' ? (
            <StatusBadge status={conflict.state} />
          ) : (
            <StatusBadge status="assigned" label={assignee === session.subject ? 'you' : assignee} />
          )}
        </span>
      </span>
    </>
  )
})

function NoConflicts({ view, filter, onEnd }: Pick<ConflictListProps, 'view' | 'filter' | 'onEnd'>) {
  if (view.status === 'loading')
    return (
      <div className={classes.none}>
        <Loader type="dots" aria-label="Loading" />
      </div>
    )
  if (view.problem !== null)
    return (
      <div role="alert">
        <EmptyState
          title="The inbox could not be read"
          text={view.problem}
          action={
            <Button size="xs" variant="default" mt="xs" onClick={onEnd}>
              Try again
            </Button>
          }
        />
      </div>
    )
  if (view.status === 'stale')
    return (
      <EmptyState title="Offline" icon={IconCloudOff} text="Nothing of this view is stored on this device." />
    )
  const isNarrow = filter.collection !== null || filter.author !== null || filter.value !== null
  if (isNarrow || filter.view !== 'waiting')
    return <EmptyState title="Nothing is here" text="No conflict is in this view." />
  return (
    <EmptyState
      title="Nothing waits"
      icon={IconCircleCheck}
      text="Every conflict has been decided. New ones appear here by themselves."
    />
  )
}
