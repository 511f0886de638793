// Hocuspocus' own provider with one text. It lives here, so that provider and document share one copy of Yjs.
import { HocuspocusProvider, HocuspocusProviderWebsocket } from '@hocuspocus/provider'
import WebSocket from 'ws'
import * as Y from 'yjs'

/** An editor that keeps its document while it is offline. `onStored` is called whenever all it has typed is. */
export function createEditor({ url, room, field, onStored }) {
  const document = new Y.Doc()
  const text = document.getText(field)
  let session = null
  return {
    get text() {
      return text.toString()
    },
    get isSynced() {
      return session?.provider.isSynced === true
    },
    type(insert) {
      text.insert(text.length, insert)
    },
    connect() {
      const socket = new HocuspocusProviderWebsocket({ url, WebSocketPolyfill: WebSocket })
      const provider = new HocuspocusProvider({ websocketProvider: socket, name: room, document })
      provider.on('unsyncedChanges', ({ number }) => {
        if (number === 0) onStored()
      })
      provider.attach()
      session = { socket, provider }
    },
    disconnect() {
      session?.provider.destroy()
      session?.socket.destroy()
      session = null
    },
  }
}
