/** Reads documents for comparison, without giving their roots a type. */
import * as Y from 'yjs'

/** What a reader of the document sees, with the order of everything in it. */
export function contentOf(doc: Y.Doc): unknown {
  return { notes: readList(doc.share.get('notes')), body: readList(doc.share.get('body')) }
}

function readList(type: ReturnType<Y.Doc['share']['get']>): unknown {
  if (type === undefined) return []
  const list: unknown[] = []
  for (let item = type._start; item !== null; item = item.right)
    if (!item.deleted) list.push(...readItem(item))
  const entries = [...type._map]
    .filter(([, item]) => !item.deleted)
    .map(([key, item]) => [key, ...readItem(item)])
  return entries.length === 0 ? list : [...list, { entries: entries.sort() }]
}

/** One element for each tick, so that it does not matter which items Yjs has merged. */
function readItem({ content }: Y.Item): readonly unknown[] {
  if (content instanceof Y.ContentType)
    return [[content.type instanceof Y.XmlElement ? content.type.nodeName : 'type', readList(content.type)]]
  return content instanceof Y.ContentFormat ? [{ [content.key]: content.value }] : content.getContent()
}
