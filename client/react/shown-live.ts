/** Live queries, the inbox and presence as components show them. */
import type { Fields } from '../../shared/schema/collection.ts'
import type { Collections } from '../../shared/schema/config.ts'
import type { InboxHandle, InboxOptions, InboxView } from '../live/inbox-handle.ts'
import type { PresenceHandle, PresenceView } from '../live/presence-handle.ts'
import type { QueryHandle, QueryOptions, QueryRow, QueryView } from '../live/query-handle.ts'
import type { SluiceClient } from '../sluice-client.ts'
import type { Source } from './shared-source.ts'

/** Never changes: what changes is another one. */
export interface ShownQuery<F extends Fields> extends QueryView<QueryRow<F>> {
  /** For `handle.loadMore()`. The same one for as long as it is shown. */
  readonly handle: QueryHandle<F>
}

/** Likewise. */
export interface ShownInbox extends InboxView {
  /** For what a person does: `handle.resolve(…)`, `assign`, `comment`, … */
  readonly handle: InboxHandle
}

/** Likewise. */
export interface ShownPresence extends PresenceView {
  readonly handle: PresenceHandle
}

export function querySource<C extends Collections, Name extends keyof C & string>(
  client: SluiceClient<C>,
  collection: Name,
  options: QueryOptions<C[Name]['fields']>,
): Source<ShownQuery<C[Name]['fields']>> {
  const handle = client.collection(collection).query(options)
  return viewSource<QueryView<QueryRow<C[Name]['fields']>>, typeof handle>(handle, isTold, () =>
    handle.close(),
  )
}

export function inboxSource<C extends Collections>(
  client: SluiceClient<C>,
  options: InboxOptions,
): Source<ShownInbox> {
  const handle = client.inbox(options)
  return viewSource<InboxView, typeof handle>(handle, isTold, () => handle.close())
}

export function presenceSource<C extends Collections>(
  client: SluiceClient<C>,
  collection: keyof C & string,
  id: string,
): Source<ShownPresence> {
  const record = client.record(collection, id)
  const handle = record.presence()
  const close = (): void => {
    handle.close()
    record.close()
  }
  return viewSource<PresenceView, typeof handle>(handle, ({ isLive }) => isLive, close)
}

const isTold = ({ status }: { readonly status: string }): boolean => status !== 'loading'

interface Viewed<View> {
  readonly view: View
  subscribe(listener: () => void): () => void
}

function viewSource<View extends object, Handle extends Viewed<View>>(
  handle: Handle,
  hasContent: (view: View) => boolean,
  close: () => void,
): Source<View & { readonly handle: Handle }> {
  let shown = { view: handle.view, snapshot: { ...handle.view, handle } }
  return {
    snapshot: () => {
      const { view } = handle
      if (shown.view !== view) shown = { view, snapshot: { ...view, handle } }
      return shown.snapshot
    },
    subscribe: (listener) => handle.subscribe(listener),
    hasContent: () => hasContent(handle.view),
    close,
  }
}
