import { expect, test, vi } from 'vitest'
import { RecordChannel } from '../../../../server/protocols/sync/record-channel.ts'
import type { RecordListener, RecordRoom } from '../../../../server/rooms/record-room.ts'
import { plainCollection } from '../../../../shared/schema/schema.ts'
import type { ServerMessage } from '../../../../shared/sync/messages.ts'
import { loudAuthorizer } from '../../../support/loud-authorizer.ts'

/** A channel, and what makes a commit to its record: the number of it shows in the version. */
function bench() {
  const told: ServerMessage[] = []
  const port = {
    number: 1,
    isCongested: false,
    send: (message: ServerMessage) => told.push(message),
    fail: () => {},
  }
  let listener: RecordListener = () => {}
  const room = {
    subscribe: (listen: RecordListener) => {
      listener = listen
      return () => {
        listener = () => {}
      }
    },
  } as unknown as RecordRoom
  const channel = new RecordChannel({
    key: { tenant: 'default', collection: 'things', id: 'a' },
    reader: {
      authorizer: loudAuthorizer,
      actor: { subject: 'ada', tenant: 'default', roles: ['*'], device: null },
      collection: plainCollection('things'),
    },
    room,
    storage: { readRecord: async () => null, readConflict: async () => null },
    port,
    known: null,
  })
  const commit = (number: number): void => {
    const heads = [number.toString(16).padStart(64, '0')]
    const view = { heads, fields: {}, disputed: {}, deleted: false }
    listener({ view } as never, { conflicts: new Map(), compartments: new Map() } as never)
  }
  return { channel, commit, port, told }
}

test('K4: who reads slowly is told the latest only, and before an answer to him at once', async () => {
  vi.useFakeTimers()
  try {
    const { channel, commit, port, told } = bench()
    await channel.open()
    expect(told.splice(0)).toMatchObject([{ type: 'record.state', record: { status: 'missing' } }])
    commit(1)
    expect(told.splice(0)).toHaveLength(1)
    port.isCongested = true
    for (let number = 2; number <= 9; number++) commit(number)
    await vi.advanceTimersByTimeAsync(1_000)
    expect(told).toEqual([])
    channel.flush()
    const [latest] = told.splice(0)
    commit(9)
    commit(10)
    port.isCongested = false
    await vi.advanceTimersByTimeAsync(200)
    const later = told.splice(0)
    expect(later).toHaveLength(1)
    expect(later).not.toEqual([latest])
    commit(11)
    channel.close()
    commit(12)
    expect(told).toHaveLength(1)
  } finally {
    vi.useRealTimers()
  }
})

test('K4: a commit that comes while the channel is being opened is not overtaken by what was there before', async () => {
  const { channel, commit, told } = bench()
  const opened = channel.open()
  commit(1)
  await opened
  expect(told).toMatchObject([{ record: { status: 'live' } }])
})
