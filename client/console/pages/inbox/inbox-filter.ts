/** Which conflicts the page shows, as it stands in the address: so that a view can be kept and passed on. */
import type { ConflictState } from '../../../../shared/conflicts/conflict.ts'
import { OPEN_STATES } from '../../../../shared/conflicts/conflict.ts'

export type InboxView = 'waiting' | 'mine' | 'approval' | 'archive'

export interface InboxFilter {
  readonly view: InboxView
  readonly collection: string | null
  readonly author: string | null
  /** Text that one of the values holds. */
  readonly value: string | null
}

export const VIEWS: readonly { readonly view: InboxView; readonly label: string }[] = [
  { view: 'waiting', label: 'Waiting' },
  { view: 'mine', label: 'Mine' },
  { view: 'approval', label: 'To approve' },
  { view: 'archive', label: 'Archive' },
]

const ARCHIVED: readonly ConflictState[] = ['resolved', 'dismissed']

export const statesOf = (view: InboxView): readonly ConflictState[] =>
  view === 'archive' ? ARCHIVED : view === 'approval' ? ['awaiting-approval'] : OPEN_STATES

export function readFilter(search: string): InboxFilter {
  const params = new URLSearchParams(search)
  const view = VIEWS.find((one) => one.view === params.get('view'))?.view ?? 'waiting'
  return {
    view,
    collection: params.get('collection'),
    author: params.get('author'),
    value: params.get('value'),
  }
}

/** @returns the address of a conflict in this view; of the view itself for null. */
export function addressOf(filter: InboxFilter, conflictId: string | null): string {
  const params = new URLSearchParams()
  if (filter.view !== 'waiting') params.set('view', filter.view)
  for (const name of ['collection', 'author', 'value'] as const) {
    const value = filter[name]
    if (value !== null && value !== '') params.set(name, value)
  }
  const query = params.size === 0 ? '' : `?${params}`
  return `/inbox${conflictId === null ? '' : `/${encodeURIComponent(conflictId)}`}${query}`
}

/** The same filter for `GET /v1/conflicts`. @param me subject of the reader. */
export function restQuery(filter: InboxFilter, me: string): URLSearchParams {
  const params = new URLSearchParams({ state: statesOf(filter.view).join() })
  if (filter.view === 'mine') params.set('assignee', me)
  if (filter.collection !== null) params.set('collection', filter.collection)
  if (filter.author !== null) params.set('author', filter.author)
  if (filter.value !== null) params.set('value', filter.value)
  return params
}
