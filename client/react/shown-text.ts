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
  const opened = import('../text/index.ts').then(({ openText }) => openText(client, collection, id))
  opened.then(
    (handle) => {
      handle.subscribe(() => show(handle))
      show(handle)
    },
    (error: unknown) => {
      failure = { error }
      tell()
    },
  )
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
    close: () => void opened.then(closeWhenSent, () => {}),
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
