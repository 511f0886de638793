import * as Y from 'yjs'

/**
 * An empty Y.Doc without an id of its own, which only subdocuments need: drawing one takes 31 calls for random numbers, and
 * longer than to read a short text into the document.
 */
export const namelessDoc = (): Y.Doc => new Y.Doc({ guid: '' })
