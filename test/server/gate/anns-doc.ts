/** A document behind the gate, and short forms for updates of client 5, who may write, to it. */
import { expect } from 'vitest'
import * as Y from 'yjs'
import type { UpdateVerdict, YjsLimits, YjsRules } from '../../../server/gate/yjs-gate.ts'
import { defaultYjsLimits, vetUpdate } from '../../../server/gate/yjs-gate.ts'
import type { RawContent, RawSection } from './raw-update.ts'
import { itemStruct, rawUpdate } from './raw-update.ts'

const RULES: YjsRules = {
  roots: new Set(['notes', 'body']),
  mayWriteAs: (client) => client === 5,
  limits: defaultYjsLimits,
}

/** Ann, client 7, wrote "hello 😀" and a paragraph; the server knows her clocks up to 12. */
export function annsDoc(): Y.Doc {
  const ann = new Y.Doc()
  ann.clientID = 7
  ann.getText('notes').insert(0, 'hello 😀')
  const paragraph = new Y.XmlElement('paragraph')
  ann.getXmlFragment('body').insert(0, [paragraph])
  paragraph.insert(0, [new Y.XmlText('a')])
  return serverOf(ann)
}
export const NOTES_END = 7
export const PARAGRAPH = 8
export const XML_TEXT = 9
export const KNOWN = 11

export function serverOf(client: Y.Doc): Y.Doc {
  const server = new Y.Doc()
  server.clientID = 1
  Y.applyUpdate(server, Y.encodeStateAsUpdate(client))
  return server
}

export const vet = (doc: Y.Doc, update: Uint8Array, rules: Partial<YjsRules> = {}): UpdateVerdict =>
  vetUpdate(doc, update, { ...RULES, ...rules })

export const limited = (limits: Partial<YjsLimits>): Partial<YjsRules> => ({
  limits: { ...defaultYjsLimits, ...limits },
})

export const write = (...structs: RawSection['structs']): Uint8Array =>
  rawUpdate({ sections: [{ client: 5, clock: 0, structs }] })

export const inRoot = (root: string, content: RawContent) => itemStruct({ root, content })
export const inText = (content: RawContent) => itemStruct({ origin: [7, NOTES_END], content })

export const refusal = (reason: string) => ({
  ok: false,
  kind: 'refused',
  reason: expect.stringContaining(reason),
})
