// Spoils Yjs updates in what they say: origins, parents, clocks, lengths and deletions, written anew by the library.
import * as encoding from 'lib0/encoding'
import * as Y from 'yjs'
import type { SeededRandom } from '../support/seeded-random.ts'
import { mutateBytes } from './byte-mutator.ts'

type Struct = ReturnType<typeof Y.decodeUpdate>['structs'][number]

export function mutateUpdate(update: Uint8Array, other: Uint8Array, random: SeededRandom): Uint8Array {
  if (random.chance(0.5)) return mutateBytes(update, other, random)
  try {
    return spoiled(update, random)
  } catch {
    return mutateBytes(update, other, random)
  }
}

function spoiled(update: Uint8Array, random: SeededRandom): Uint8Array {
  const { structs, ds } = Y.decodeUpdate(update)
  for (let faults = random.pick([1, 1, 2]); faults > 0; faults--) spoilOne(structs, ds, random)
  return encode(structs, ds)
}

function spoilOne(structs: Struct[], ds: DeleteSet, random: SeededRandom): void {
  const ids = structs.map(({ id }) => id)
  const at = random.int(0, structs.length - 1)
  const struct = structs[at]
  const someId = (): Y.ID => {
    const { client, clock } = random.pick(ids)
    return Y.createID(client, Math.max(0, clock + random.int(-3, 3)))
  }
  if (struct === undefined || random.chance(0.15)) return spoilDeletes(ds, random)
  switch (random.int(0, 7)) {
    case 0:
      structs.splice(at, 1)
      return
    case 1:
      structs.splice(at, 0, struct)
      return
    case 2:
      structs[at] = new Y.GC(struct.id, random.pick([1, struct.length, struct.length + 1, 2 ** 31]))
      return
    case 3:
      struct.id = random.chance(0.5)
        ? Y.createID(struct.id.client, struct.id.clock + random.int(-2, 2))
        : someId()
      return
  }
  if (!(struct instanceof Y.Item)) return
  switch (random.int(0, 4)) {
    case 0:
      struct.origin = random.chance(0.3) ? null : someId()
      return
    case 1:
      struct.rightOrigin = random.chance(0.3) ? null : someId()
      return
    case 2:
      struct.parent = random.chance(0.5) ? someId() : (random.pick(['notes', 'body', 'nowhere']) as never)
      return
    case 3:
      struct.parentSub = random.pick([null, 'level', '__proto__', ''])
      return
    default: {
      const from = random.pick(structs)
      if (from instanceof Y.Item) struct.content = from.content
    }
  }
}

type DeleteSet = ReturnType<typeof Y.decodeUpdate>['ds']

function spoilDeletes(ds: DeleteSet, random: SeededRandom): void {
  const lists = [...ds.clients.values()]
  if (lists.length === 0) return
  const list = random.pick(lists)
  const at = random.int(0, Math.max(0, list.length - 1))
  const range = list[at]
  if (range === undefined) return
  const moved = { clock: Math.max(0, range.clock + random.int(-2, 2)), len: range.len + random.int(0, 2) }
  list.splice(at, random.int(0, 1), moved as typeof range)
}

/** As the library lays an update out: the structs of one client after the other, then what is deleted. */
function encode(structs: readonly Struct[], ds: DeleteSet): Uint8Array {
  const encoder = new Y.UpdateEncoderV1()
  const write = (value: number): void => encoding.writeVarUint(encoder.restEncoder, value)
  const sections = new Map<number, Struct[]>()
  for (const struct of structs) {
    const section = sections.get(struct.id.client)
    if (section === undefined) sections.set(struct.id.client, [struct])
    else section.push(struct)
  }
  write(sections.size)
  for (const [client, section] of sections) {
    write(section.length)
    write(client)
    write(Math.max(0, section[0]?.id.clock ?? 0))
    for (const struct of section) struct.write(encoder, 0)
  }
  write(ds.clients.size)
  for (const [client, ranges] of ds.clients) {
    write(client)
    write(ranges.length)
    for (const { clock, len } of ranges) {
      write(clock)
      write(len)
    }
  }
  return encoder.toUint8Array()
}
