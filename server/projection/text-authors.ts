/**
 * A text by who has inserted what (R5): the plain text, cut where the author changes. What somebody has pasted counts as
 * his, and formatting as nobody's.
 */
import type * as Y from 'yjs'
import type { Json } from '../../shared/json.ts'
import { isJsonObject } from '../../shared/json.ts'
import { AUTHOR, readAuthored } from './text-content.ts'
import { insertedText, leafText, leavesOf, linesOf } from './text-plain.ts'
import type { TextNode } from './text-structure.ts'
import { parseStructure } from './text-structure.ts'

export interface AuthoredRun {
  /** Yjs client id; null for what the document holds no author of, such as the line breaks between blocks. */
  readonly client: number | null
  readonly text: string
}

/** The runs' texts, one after the other, are the plain text. */
export function textAuthors(doc: Y.Doc, name: string): readonly AuthoredRun[] {
  const parsed = parseStructure(readAuthored(doc, name))
  if (parsed.shape === 'nodes')
    return linesOf(parsed.nodes).flatMap((line, index) => [
      ...(index === 0 ? [] : [LINE_BREAK]),
      ...leavesOf(line).map(runOf),
    ])
  return parsed.operations.map(({ insert, attributes }) => ({
    client: clientOf(attributes?.[AUTHOR]),
    text: insertedText(insert),
  }))
}

const LINE_BREAK: AuthoredRun = { client: null, text: '\n' }

const runOf = (leaf: TextNode): AuthoredRun => ({
  client: clientOf(leaf.marks?.find(({ type }) => type === AUTHOR)?.attrs),
  text: leafText(leaf),
})

const clientOf = (format: Json | undefined): number | null =>
  isJsonObject(format) && typeof format.client === 'number' ? format.client : null
