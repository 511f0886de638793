/** The columns of a change by their specification, `id << 4 | type`, as its header lays them out. */
import { ByteReader, MalformedBytes } from './byte-reader.ts'
import { readDeltas, readFlags, readRuns } from './canonical-columns.ts'

export const COLUMN = {
  objectActor: 0x01,
  objectCounter: 0x02,
  elementActor: 0x11,
  elementCounter: 0x13,
  key: 0x15,
  insert: 0x34,
  action: 0x42,
  valueMeta: 0x56,
  value: 0x57,
  predCount: 0x70,
  predActor: 0x71,
  predCounter: 0x73,
  markExpand: 0x94,
  markName: 0xa5,
} as const

type Spec = (typeof COLUMN)[keyof typeof COLUMN]

const KNOWN: ReadonlySet<number> = new Set(Object.values(COLUMN))
const DEFLATED = 0x08
const UNEVEN = 'columns of different lengths'

const uint = (column: ByteReader): number => column.uint()

export class ChangeColumns {
  readonly #data: ReadonlyMap<number, Uint8Array>

  private constructor(data: ReadonlyMap<number, Uint8Array>) {
    this.#data = data
  }

  /** @throws MalformedBytes, as does every method. */
  static read(reader: ByteReader): ChangeColumns {
    const headers: (readonly [spec: number, length: number])[] = []
    const count = reader.uint()
    for (let index = 0, before = 0; index < count; index++) {
      const spec = reader.uint()
      const length = reader.uint()
      if ((spec & DEFLATED) !== 0) throw new MalformedBytes('a deflated column')
      if (!KNOWN.has(spec)) throw new MalformedBytes('an unknown column')
      if (spec <= before) throw new MalformedBytes('columns out of order')
      if (length === 0) throw new MalformedBytes('an empty column')
      headers.push([spec, length])
      before = spec
    }
    return new ChangeColumns(new Map(headers.map(([spec, length]) => [spec, reader.take(length)])))
  }

  get isEmpty(): boolean {
    return this.#data.size === 0
  }

  has(spec: Spec): boolean {
    return this.#data.has(spec)
  }

  /** The raw bytes of a column that has no rows of its own. */
  raw(spec: Spec): ByteReader {
    return new ByteReader(this.#data.get(spec) ?? new Uint8Array())
  }

  /** As many rows as there are, within a limit. */
  countedUints(spec: Spec, rowsMax: number, tooMany: string): readonly (number | null)[] {
    return this.has(spec) ? readRuns(this.raw(spec), uint, rowsMax, tooMany) : []
  }

  uints(spec: Spec, rows: number): readonly (number | null)[] {
    return this.#exactly(spec, rows, (column) => readRuns(column, uint, rows, UNEVEN))
  }

  deltas(spec: Spec, rows: number): readonly (number | null)[] {
    return this.#exactly(spec, rows, (column) => readDeltas(column, rows, UNEVEN))
  }

  /** Strings as their bytes, one UTF-16 unit per byte: enough to compare and to measure them. */
  byteStrings(spec: Spec, rows: number, lengthMax: number, tooLong: string): readonly (string | null)[] {
    const read = (column: ByteReader): string => {
      const length = column.uint()
      if (length > lengthMax) throw new MalformedBytes(tooLong)
      return Buffer.from(column.take(length)).toString('latin1')
    }
    return this.#exactly(spec, rows, (column) => readRuns(column, read, rows, UNEVEN))
  }

  /** A column that is there even if all of its rows are false. */
  flags(spec: Spec, rows: number): readonly boolean[] {
    const flags = readFlags(this.raw(spec), rows, UNEVEN)
    if (flags.length !== rows) throw new MalformedBytes(UNEVEN)
    return flags
  }

  /** A column that holds nothing but nulls is left out. */
  #exactly<T>(spec: Spec, rows: number, read: (column: ByteReader) => (T | null)[]): readonly (T | null)[] {
    if (!this.has(spec)) return new Array<null>(rows).fill(null)
    const values = read(this.raw(spec))
    if (values.length !== rows) throw new MalformedBytes(UNEVEN)
    return values
  }
}
