/** The texts of a record as a component shows them. */
import type { Collections } from '../../shared/schema/config.ts'
import type { SluiceClient } from '../sluice-client.ts'
// Types only: Yjs is loaded when the first text is shown.
import type { TextHandle, TextStatus } from '../text/index.ts'
import type { Source } from './shared-source.ts'

/** Never changes: what changes is another one. */
export interface ShownText {
  /** For the editor: `Collaboration.configure({ document: doc, field: 'body' })`. */
  readonly doc: TextHandle['doc']
  /** Who else is here, for the editor's carets. */
  readonly awareness: TextHandle['awareness']
  readonly status: TextStatus
  readonly handle: TextHandle
}

/** @throws RangeError for a collection that the schema lacks, or an id that no record may have. */
export function textSource<C extends Collections>(
  client: SluiceClient<C>,
  collection: keyof C & string,
  id: string,
): Source<ShownText | null> {
  if (client.live(collection, id) === null)
    throw new RangeError(`the schema has no collection "${collection}"`)
  let shown: ShownText | null = null
  let failure: { readonly error: unknown } | null = null
  const listeners = new Set<() => void>()
  const tell = (): void => {
    for (const listener of [...listeners]) listener()
  }
  const show = (handle: TextHandle): void => {
    shown = { doc: handle.doc, awareness: handle.awareness, status: handle.status, handle }
    tell()
  }
  const open = async (): Promise<TextHandle> => {
    const { openText } = await import('../text/index.ts')
    const handle = await openText(client, collection, id)
    handle.subscribe(() => follow(handle))
    return handle
  }
  let isLeft = false
  let opened = open()
  /** A text that has gone wrong gives way to one that is read anew: another document (K15). */
  const follow = (handle: TextHandle): void => {
    show(handle)
    if (handle.status.name !== 'diverged' || isLeft) return
    opened = handle.close().then(open)
    watch()
  }
  const watch = (): void => {
    opened.then(show, (error: unknown) => {
      failure = { error }
      tell()
    })
  }
  watch()
  return {
    snapshot: () => {
      if (failure !== null) throw failure.error
      return shown
    },
    subscribe: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    hasContent: () => shown !== null || failure !== null,
    close: () => {
      isLeft = true
      void opened.then(closeWhenSent, () => {})
    },
  }
}

/** What was typed and is not durable yet is sent before the text is left. */
async function closeWhenSent(handle: TextHandle): Promise<void> {
  handle.awareness.setLocalState(null)
  const isDue = (): boolean => handle.status.name === 'pending' || handle.status.name === 'offline'
  if (isDue())
    await new Promise<void>((resolve) => {
      const stop = handle.subscribe(() => {
        if (isDue()) return
        stop()
        resolve()
      })
    })
  await handle.close()
}
