// Which record a client's genesis change names, read from bytes that may be anything.
import { describe, expect, it } from 'vitest'
import { readNaming } from '../../../server/gate/read-naming.ts'
import { BOB, bobs, naming, set } from './automerge-record.ts'
import { forged } from './signed-chunk.ts'

const names = (collection: unknown, id: unknown): Uint8Array =>
  forged(
    [
      set({ key: '_collection', value: collection }),
      set({ key: '_id', value: id }),
      { action: 'makeMap', obj: '_root', key: '_conflicts' },
    ],
    { actor: BOB },
  )

describe('readNaming', () => {
  it('R1: reads the collection and the id of a genesis change', () => {
    expect(readNaming(naming?.bytes ?? new Uint8Array())).toEqual({
      collection: 'notes',
      id: 'n1',
      compartment: '',
    })
  })

  it.each([
    ['no change', Uint8Array.of(1, 2, 3)],
    ['a change that is not the first', bobs([set()])],
    [
      'a first change that names nothing',
      forged([set(), set({ key: 'b' }), set({ key: 'c' })], { actor: BOB }),
    ],
    ['a name that is no string', names(true, 'n1')],
    ['an id that is no string', names('notes', null)],
    [
      'a million operations',
      forged(
        Array.from({ length: 20_000 }, () => set({ value: null })),
        { actor: BOB },
      ),
    ],
  ])('R1: %s names nothing', (_name, bytes) => {
    expect(readNaming(bytes)).toBeNull()
  })
})
