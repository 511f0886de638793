/** Visits the structs of an update in an order in which each comes after what it builds on. */
import type { UpdateSection, WireStruct } from './update-decoder.ts'
import type { UpdateRefusal } from './update-verdict.ts'
import { gap, refused } from './update-verdict.ts'

interface Cursor {
  readonly structs: readonly WireStruct[]
  readonly client: number
  at: number
  isWaiting: boolean
}

/**
 * @param lacking the client of which a struct builds on more than was visited; null if on nothing more.
 * @param visit called once for each struct whose needs are met.
 * @returns the first refusal: of `visit`, a gap if the update does not hold what a struct builds on, or a
 *   refusal if structs build on each other in a circle.
 */
export function visitInCausalOrder(
  sections: readonly UpdateSection[],
  lacking: (struct: WireStruct) => number | null,
  visit: (struct: WireStruct) => UpdateRefusal | null,
): UpdateRefusal | null {
  const cursors = new Map<number, Cursor>()
  // Higher client ids first, as Yjs does: of items at the same place, each then passes the fewest others.
  for (const { client, structs } of [...sections].sort((a, b) => b.client - a.client))
    cursors.set(client, { client, structs, at: 0, isWaiting: false })
  for (const cursor of cursors.values()) {
    while (cursor.at < cursor.structs.length) {
      const refusal = visitNext(cursor, cursors, lacking, visit)
      if (refusal !== null) return refusal
    }
  }
  return null
}

/** Visits one struct, after what it builds on. The waiting cursors stand on a stack, not in recursion. */
function visitNext(
  first: Cursor,
  cursors: ReadonlyMap<number, Cursor>,
  lacking: (struct: WireStruct) => number | null,
  visit: (struct: WireStruct) => UpdateRefusal | null,
): UpdateRefusal | null {
  const waiting: Cursor[] = [first]
  for (let cursor = waiting.at(-1); cursor !== undefined; cursor = waiting.at(-1)) {
    const struct = cursor.structs[cursor.at]
    if (struct === undefined) throw new RangeError('a cursor past its section')
    const client = lacking(struct)
    if (client === null) {
      const refusal = visit(struct)
      if (refusal !== null) return refusal
      cursor.at++
      cursor.isWaiting = false
      waiting.pop()
      continue
    }
    const needed = cursors.get(client)
    if (needed === undefined || needed === cursor || needed.at === needed.structs.length)
      return gap(`structs of client ${client} are missing`, client)
    if (needed.isWaiting) return refused('structs build on each other in a circle', client)
    cursor.isWaiting = true
    waiting.push(needed)
  }
  return null
}
