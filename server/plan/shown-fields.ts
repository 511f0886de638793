/**
 * The fields of a document as readers see them (R3), kept from version to version: of a set or map of which something was
 * read, only the members that have been written to since are read again. So an item more in a set of thousands costs little
 * more than in a small one.
 */
import type { DecodedChange } from '@automerge/automerge'
import type { Json, JsonObject } from '../../shared/json.ts'
import { isJsonArray, isJsonObject } from '../../shared/json.ts'
import { compareItems } from '../../shared/policies/apply-op.ts'
import { itemProblem } from '../../shared/schema/check-value.ts'
import type { FieldSpec } from '../../shared/schema/field-spec.ts'
import { readField, toJson } from './automerge-values.ts'
import type { LiveValues } from './live-values.ts'
import { byCodePoint, ELSEWHERE, ROOT } from './live-values.ts'

interface Shown {
  readonly spec: FieldSpec
  readonly value: Json
  /** The object that stood under the key, and its members that have been written to since. */
  readonly object: string
  readonly written: ReadonlySet<string>
}

/** To read so many members of all one by one takes longer than to read all at once. */
const WRITTEN_SHARE_MAX = 1 / 4

export class ShownFields {
  readonly #shown: ReadonlyMap<string, Shown>

  constructor(shown: ReadonlyMap<string, Shown> = new Map()) {
    this.#shown = shown
  }

  /**
   * What a document shows that is in force as `live` says.
   * @param rawOf reads the whole of it.
   * @returns also what is known from now on.
   */
  read(
    live: LiveValues,
    key: string,
    spec: FieldSpec,
    rawOf: () => unknown,
  ): { readonly value: Json; readonly shown: ShownFields } {
    const object = live.objectAt(ROOT, key)
    if (!isKept(spec) || object === undefined || live.objects.get(object)?.kind !== 'map')
      return { value: readField(spec, rawOf()), shown: this }
    const known = this.#shown.get(key)
    const isKnown = known?.spec === spec && known.object === object
    if (isKnown && known.written.size === 0) return { value: known.value, shown: this }
    const value =
      (isKnown ? mended(live, known) : null) ??
      (spec.kind === 'set' ? wholeSet(live, spec, object) : readField(spec, rawOf()))
    const shown = new Map(this.#shown).set(key, { spec, value, object, written: NOTHING })
    return { value, shown: new ShownFields(shown) }
  }

  /** What is known still of the document that has come of this one by a change to these keys of the root. */
  after(live: LiveValues, { ops }: Pick<DecodedChange, 'ops'>, keys: ReadonlySet<string>): ShownFields {
    const shown = new Map(this.#shown)
    for (const key of keys) {
      const known = shown.get(key)
      if (known === undefined) continue
      const written = membersWritten(live, known, ops)
      if (written === null) shown.delete(key)
      else shown.set(key, { ...known, written })
    }
    return new ShownFields(shown)
  }
}

const NOTHING: ReadonlySet<string> = new Set()

/** Two keys of a set of numbers may be one item. */
const isKept = ({ kind, item }: FieldSpec): boolean =>
  kind === 'map' || (kind === 'set' && item?.kind !== 'number')

/** @returns null if that cannot be told from the operations. */
function membersWritten(
  live: LiveValues,
  { object, written }: Shown,
  ops: DecodedChange['ops'],
): ReadonlySet<string> | null {
  const members = new Set(written)
  for (const op of ops) {
    const member = op.obj === object ? (op as { readonly key?: string }).key : live.keyAbove(op.obj, object)
    if (member !== undefined) members.add(member)
    // What lies inside a list is not followed, and may lie below this.
    else if (!live.objects.has(op.obj)) return null
  }
  return members
}

const wholeSet = (live: LiveValues, spec: FieldSpec, object: string): Json =>
  live
    .keys(object)
    .filter((key) => isItem(live, spec, object, key))
    .sort(compareItems)

const isItem = (live: LiveValues, spec: FieldSpec, object: string, key: string): boolean =>
  live.value(object, key) === true && itemProblem(spec, key) === null

/** @returns null where all is better read at once. */
function mended(live: LiveValues, { spec, value, object, written }: Shown): Json | null {
  const size = isJsonArray(value) ? value.length : Object.keys(value ?? {}).length
  if (written.size > size * WRITTEN_SHARE_MAX) return null
  if (isJsonArray(value)) return mendedSet(value, written, (key) => isItem(live, spec, object, key))
  return isJsonObject(value) ? mendedMap(live, { spec, value, object, written }) : null
}

function mendedSet(
  items: readonly Json[],
  written: ReadonlySet<string>,
  isIn: (key: string) => boolean,
): Json {
  const next = [...items]
  for (const key of written) {
    const at = placeOf(next, key)
    if (isIn(key) && next[at] !== key) next.splice(at, 0, key)
    else if (!isIn(key) && next[at] === key) next.splice(at, 1)
  }
  return next
}

/** Where the item stands among others in their order, or would. */
function placeOf(items: readonly Json[], item: Json): number {
  let [low, high] = [0, items.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if (compareItems(items[middle] ?? null, item) < 0) low = middle + 1
    else high = middle
  }
  return low
}

function mendedMap(
  live: LiveValues,
  { spec, value: members, object, written }: Shown & { readonly value: JsonObject },
): Json | null {
  const next = Object.entries(members).filter(([name]) => !written.has(name))
  for (const name of written) {
    const raw = live.value(object, name)
    if (raw === ELSEWHERE) return null
    const value = toJson(raw)
    if (raw !== undefined && itemProblem(spec, value) === null) next.push([name, value])
  }
  return Object.fromEntries(next.sort(([a], [b]) => byCodePoint(a, b)))
}
