// The adapter of automerge-repo as it is, but that a connection which fails is one to be tried again, whatever it failed
// of: the adapter throws for all but a refused one, where nobody can catch it.
import { WebSocketClientAdapter } from '@automerge/automerge-repo-network-websocket'

export class LastingAdapter extends WebSocketClientAdapter {
  override onError = (): void => {}

  override connect(...peer: Parameters<WebSocketClientAdapter['connect']>): void {
    super.connect(...peer)
    // It stops listening to a socket that it replaces or breaks off, and that may fail still.
    this.socket?.addEventListener('error', () => {})
  }
}
