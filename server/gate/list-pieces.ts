/**
 * The lists of a document cut into pieces, without touching the document: the copy that `OrderDraft` works on.
 * Only stretches that someone asks for are copied.
 */
import * as Y from 'yjs'
import type { DocumentDraft, Run } from './document-draft.ts'
import { indexOfSpan } from './document-draft.ts'
import type { StructId } from './update-decoder.ts'

/** What stays together of an item while others land inside of it. */
export interface Piece extends StructId {
  length: number
  readonly origin: StructId | null
  readonly rightOrigin: StructId | null
  /** Null for what the update brings. */
  readonly item: Y.Item | null
  /** Undefined until someone asks: the document's own neighbour. */
  right: Piece | null | undefined
}

export class ListPieces {
  readonly #document: DocumentDraft
  readonly #onCut: (client: number) => void
  /** By the document's item or the update's run. */
  readonly #pieces = new Map<Y.Item | Run, Piece[]>()

  constructor(document: DocumentDraft, onCut: (client: number) => void) {
    this.#document = document
    this.#onCut = onCut
  }

  /** What stands left of a first item: a piece that no id names. */
  headBefore(item: Y.Item | null): Piece {
    return { ...NO_ITEM, right: item === null ? null : this.first(item) }
  }

  first(source: Y.Item | Run): Piece {
    return pieceAt(this.#piecesOf(source), 0)
  }

  at(id: StructId): Piece {
    const pieces = this.#piecesAround(id)
    return pieceAt(pieces, indexOfSpan(pieces, id.clock))
  }

  rightOf(piece: Piece): Piece | null {
    if (piece.right === undefined) {
      const right = piece.item?.right ?? null
      piece.right = right === null ? null : this.first(right)
    }
    return piece.right
  }

  /** The piece that ends with a tick. */
  cutAfter(id: StructId): Piece {
    const pieces = this.#piecesAround(id)
    const index = indexOfSpan(pieces, id.clock)
    const piece = pieceAt(pieces, index)
    const length = id.clock + 1 - piece.clock
    if (length === piece.length) return piece
    const { client, rightOrigin, item, right } = piece
    const rest: Piece = {
      client,
      clock: id.clock + 1,
      length: piece.length - length,
      origin: { client, clock: id.clock },
      rightOrigin,
      item,
      right,
    }
    piece.length = length
    piece.right = rest
    pieces.splice(index + 1, 0, rest)
    this.#onCut(client)
    return piece
  }

  /** The piece that starts with a tick. */
  cutBefore(id: StructId): Piece {
    const piece = this.at(id)
    if (piece.clock === id.clock) return piece
    this.cutAfter({ client: id.client, clock: id.clock - 1 })
    return this.at(id)
  }

  #piecesAround(id: StructId): Piece[] {
    const run = this.#document.find(id)
    return this.#piecesOf(run.item ?? run)
  }

  #piecesOf(source: Y.Item | Run): Piece[] {
    const known = this.#pieces.get(source)
    if (known !== undefined) return known
    const pieces = [source instanceof Y.Item ? wholeItem(source) : wholeRun(source)]
    this.#pieces.set(source, pieces)
    return pieces
  }
}

const NO_ITEM = { client: -1, clock: 0, length: 0, origin: null, rightOrigin: null, item: null } as const

function wholeItem(item: Y.Item): Piece {
  const { length, origin, rightOrigin } = item
  const { client, clock } = item.id
  return { client, clock, length, origin, rightOrigin, item, right: undefined }
}

function wholeRun({ client, clock, length, origin, rightOrigin }: Run): Piece {
  return { client, clock, length, origin, rightOrigin, item: null, right: null }
}

function pieceAt(pieces: readonly Piece[], index: number): Piece {
  const piece = pieces[index]
  if (piece === undefined) throw new RangeError('an id outside of its item')
  return piece
}
