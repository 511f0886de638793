// Editors that we did not write: y-websocket's provider with TipTap's schema and Yjs binding, without a DOM.
import { getSchema } from '@tiptap/core'
import type { Transaction } from '@tiptap/pm/state'
import { EditorState } from '@tiptap/pm/state'
import StarterKit from '@tiptap/starter-kit'
import { updateYFragment, yXmlFragmentToProseMirrorRootNode } from '@tiptap/y-tiptap'
import WebSocket from 'ws'
import { WebsocketProvider } from 'y-websocket'
import * as Y from 'yjs'

const schema = getSchema([StarterKit])

export class TextClient {
  readonly doc = new Y.Doc()
  readonly provider: WebsocketProvider
  readonly #field: string

  constructor(socketUrl: string, room: string, field = 'body', token?: string) {
    this.#field = field
    this.provider = new WebsocketProvider(`${socketUrl}/yjs`, room, this.doc, {
      WebSocketPolyfill: WebSocket as unknown as typeof globalThis.WebSocket,
      disableBc: true,
      maxBackoffTime: 200,
      params: token === undefined ? {} : { token },
    })
  }

  get fragment(): Y.XmlFragment {
    return this.doc.getXmlFragment(this.#field)
  }

  /** One ProseMirror transaction, carried into the Y.Doc by the editor binding's own function. */
  edit(change: (transaction: Transaction) => Transaction): void {
    const root = yXmlFragmentToProseMirrorRootNode(this.fragment, schema)
    const state = EditorState.create({ schema, doc: root })
    const next = state.apply(change(state.tr)).doc
    this.doc.transact(() =>
      updateYFragment(this.doc, this.fragment, next, { mapping: new Map(), isOMark: new Map() }),
    )
  }

  /** Appends a paragraph, as typing at the end of the text does. */
  typeParagraph(text: string): void {
    this.edit((transaction) =>
      transaction.insert(
        transaction.doc.content.size,
        schema.nodes.paragraph?.create(null, schema.text(text)) ?? [],
      ),
    )
  }

  /** The text as the editor shows it, a line per block. */
  get text(): string {
    const root = yXmlFragmentToProseMirrorRootNode(this.fragment, schema)
    return root.textBetween(0, root.content.size, '\n')
  }

  destroy(): void {
    this.provider.destroy()
    this.doc.destroy()
  }
}
