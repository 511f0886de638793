/** A panel with a list that is read a page after the other: what it shows while it loads, fails, and goes on. */
import { Button, Group, Skeleton } from '@mantine/core'
import type { ReactNode } from 'react'
import type { Pages } from '../hooks/use-pages.ts'
import { LoadError } from './load-error.tsx'
import { Panel, PanelNote } from './panel.tsx'
import { StaleNotice } from './stale-notice.tsx'

export interface PagedPanelProps<Item> {
  readonly title: string
  readonly aside?: ReactNode
  readonly pages: Pages<Item>
  /** How high the list will be, about. */
  readonly heightPx: number
  /** Said of a list without an item. */
  readonly emptyText: string
  readonly children: (items: readonly Item[]) => ReactNode
}

export function PagedPanel<Item>(props: PagedPanelProps<Item>) {
  const { title, aside, pages, heightPx, emptyText, children } = props
  const { items, error, more, retry } = pages
  return (
    <Panel title={title} aside={aside}>
      {items === null ? (
        error === null ? (
          <Skeleton height={heightPx} m="sm" width="auto" />
        ) : (
          <LoadError error={error} onRetry={retry} />
        )
      ) : items.length === 0 ? (
        <PanelNote>{emptyText}</PanelNote>
      ) : (
        children(items)
      )}
      {items === null || error === null ? null : <StaleNotice error={error} />}
      {items === null || more === null ? null : (
        <Group p="xs">
          <Button size="xs" variant="default" onClick={more}>
            Show earlier ones
          </Button>
        </Group>
      )}
    </Panel>
  )
}
