/** Writes Yjs updates (V1) struct by struct, also those that no client would write. */
import * as encoding from 'lib0/encoding'

export type RawId = readonly [client: number, clock: number]
type Write = (encoder: encoding.Encoder) => void

export interface RawSection {
  readonly client: number
  readonly clock: number
  readonly structs: readonly Write[]
  /** What the section announces, if not the truth. */
  readonly count?: number
}

export interface RawDeletes {
  readonly client: number
  readonly ranges: readonly (readonly [clock: number, length: number])[]
}

export interface RawUpdate {
  readonly sections?: readonly RawSection[]
  readonly deletes?: readonly RawDeletes[]
}

export const rawUpdate = ({ sections = [], deletes = [] }: RawUpdate): Uint8Array =>
  encoding.encode((encoder) => {
    uints(encoder, sections.length)
    for (const { client, clock, structs, count } of sections) {
      uints(encoder, count ?? structs.length, client, clock)
      for (const write of structs) write(encoder)
    }
    uints(encoder, deletes.length)
    for (const { client, ranges } of deletes) {
      uints(encoder, client, ranges.length)
      for (const range of ranges) uints(encoder, ...range)
    }
  })

export const gcStruct =
  (length: number): Write =>
  (encoder) =>
    uints(encoder, 0, length)

export const skipStruct =
  (length: number): Write =>
  (encoder) =>
    uints(encoder, 10, length)

export interface RawItem {
  readonly origin?: RawId
  readonly rightOrigin?: RawId
  readonly root?: string
  readonly parent?: RawId
  readonly parentSub?: string
  readonly content: RawContent
}

export const itemStruct =
  ({ origin, rightOrigin, root, parent, parentSub, content }: RawItem): Write =>
  (encoder) => {
    const flags =
      (origin === undefined ? 0 : 0x80) |
      (rightOrigin === undefined ? 0 : 0x40) |
      (parentSub === undefined ? 0 : 0x20)
    encoding.writeUint8(encoder, content.reference | flags)
    for (const id of [origin, rightOrigin]) if (id !== undefined) uints(encoder, ...id)
    if (root !== undefined) {
      uints(encoder, 1)
      encoding.writeVarString(encoder, root)
    } else if (parent !== undefined) uints(encoder, 0, ...parent)
    if (parentSub !== undefined && origin === undefined && rightOrigin === undefined)
      encoding.writeVarString(encoder, parentSub)
    content.write(encoder)
  }

export interface RawContent {
  readonly reference: number
  readonly write: Write
}

const content = (reference: number, write: Write): RawContent => ({ reference, write })

export const deleted = (length: number): RawContent => content(1, (encoder) => uints(encoder, length))
export const string = (text: string): RawContent =>
  content(4, (encoder) => encoding.writeVarString(encoder, text))
export const embed = (json: string): RawContent =>
  content(5, (encoder) => encoding.writeVarString(encoder, json))
export const format = (key: string, json: string): RawContent =>
  content(6, (encoder) => {
    encoding.writeVarString(encoder, key)
    encoding.writeVarString(encoder, json)
  })
/** 0 array, 1 map, 2 text, 3 element, 4 fragment, 5 hook, 6 XML text. */
export const type = (reference: number, name?: string): RawContent =>
  content(7, (encoder) => {
    uints(encoder, reference)
    if (name !== undefined) encoding.writeVarString(encoder, name)
  })
export const any = (...values: readonly Write[]): RawContent =>
  content(8, (encoder) => {
    uints(encoder, values.length)
    for (const write of values) write(encoder)
  })
export const subdocument = (guid: string): RawContent =>
  content(9, (encoder) => {
    encoding.writeVarString(encoder, guid)
    encoding.writeAny(encoder, {})
  })

export const anyValue =
  (value: Parameters<typeof encoding.writeAny>[1]): Write =>
  (encoder) =>
    encoding.writeAny(encoder, value)

export const bytes =
  (...values: readonly number[]): Write =>
  (encoder) => {
    for (const value of values) encoding.writeUint8(encoder, value)
  }

function uints(encoder: encoding.Encoder, ...values: readonly number[]): void {
  for (const value of values) encoding.writeVarUint(encoder, value)
}
