// Spoils values: JSON bodies and CBOR messages keep their form, and what stands in them becomes something else.
import type { SeededRandom } from '../support/seeded-random.ts'
import { randomBytes } from './byte-mutator.ts'

type Members = Record<string, unknown>

const AWKWARD_KEYS = ['__proto__', 'constructor', 'toString', '', '_deleted', '_conflicts', '\ud800', 'id']
const AWKWARD_VALUES: readonly unknown[] = [
  null,
  true,
  0,
  -0,
  -1,
  1.5,
  1e308,
  2 ** 53,
  -(2 ** 63),
  '',
  '0',
  'x'.repeat(300),
  '\ud800',
  '\u0000',
  '9007199254740993',
  '{"a":1}',
  '[[[[[[]]]]]]',
  '2026-02-30T25:00:00Z',
  [],
  {},
  [null],
  { $increment: 1 },
  { $increment: 'x' },
  { $add: ['a'], $remove: ['a'] },
  { $add: [{}], $remove: {} },
]
const DEEP_MAX = 200
const WIDE_MAX = 300

/** @param bytes whether byte strings may stand among the values, as in CBOR. */
export function mutateValue(value: unknown, random: SeededRandom, bytes = false): unknown {
  const copy = structuredClone(value)
  if (typeof copy !== 'object' || copy === null) return awkward(random, bytes)
  for (let faults = random.pick([1, 1, 2, 3]); faults > 0; faults--) spoil(copy, random, bytes)
  return copy
}

function spoil(root: object, random: SeededRandom, bytes: boolean): void {
  const members = random.pick(containersOf(root))
  const keys = Object.keys(members)
  const key = keys.length === 0 ? random.pick(AWKWARD_KEYS) : random.pick(keys)
  switch (random.int(0, 5)) {
    case 0:
      delete members[key]
      return
    case 1:
      define(members, random.pick(AWKWARD_KEYS), awkward(random, bytes))
      return
    case 2:
      if (keys.length > 0) define(members, key, own(members, random.pick(keys)))
      return
    case 3:
      define(members, key, [own(members, key)])
      return
    default:
      define(members, key, awkward(random, bytes))
  }
}

/** An own member, also where assigning would reach a prototype. */
const define = (members: Members, key: string, value: unknown): void => {
  // What stands in itself could not be written.
  if (typeof value !== 'object' || value === null || !containersOf(value).includes(members))
    Object.defineProperty(members, key, { value, enumerable: true, writable: true, configurable: true })
}

/** Never what stands in the prototype, which everybody shares. */
const own = (members: Members, key: string): unknown =>
  Object.hasOwn(members, key) ? Object.getOwnPropertyDescriptor(members, key)?.value : null

function containersOf(root: object): Members[] {
  const found: Members[] = [root as Members]
  for (const container of found)
    for (const member of Object.values(container))
      if (typeof member === 'object' && member !== null && !ArrayBuffer.isView(member))
        found.push(member as Members)
  return found
}

function awkward(random: SeededRandom, bytes: boolean): unknown {
  const which = random.int(0, 30)
  if (which === 0) return nested(random.int(10, DEEP_MAX))
  if (which === 1) return Array.from({ length: random.int(10, WIDE_MAX) }, (_, index) => index)
  if (which < 6 && bytes) return randomBytes(random)
  return structuredClone(random.pick(AWKWARD_VALUES))
}

function nested(depth: number): unknown {
  let value: unknown = 1
  for (let level = 0; level < depth; level++) value = level % 2 === 0 ? [value] : { a: value }
  return value
}
