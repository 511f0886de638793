// What many are told in the same words: encoded once, and told to nobody in the words of another.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { sharedMessage } from '../../../../server/protocols/sync/shared-message.ts'
import { encodeServerMessage } from '../../../../shared/sync/codec.ts'
import type { ServerMessage } from '../../../../shared/sync/messages.ts'

const opened = (channel: number, update: Uint8Array, mayWrite = true): ServerMessage => ({
  type: 'text.opened',
  channel,
  update,
  stateVector,
  mayWrite,
})
const stateVector = Uint8Array.of(0)

test('hundreds who open a text on the same channel number are answered by the same bytes', () => {
  const update = new Uint8Array(1_000)
  const answers = new Set(Array.from({ length: 200 }, () => sharedMessage(opened(1, update), update)))
  expect(answers.size).toBe(1)
})

test('every message says what it would say alone, however many others there are about the same', () => {
  const updates = Array.from({ length: 3 }, (_, index) => Uint8Array.of(index))
  const asked = fc.record({
    update: fc.constantFrom(...updates),
    channel: fc.nat(20),
    mayWrite: fc.boolean(),
  })
  fc.assert(
    fc.property(fc.array(asked), (messages) => {
      for (const { channel, update, mayWrite } of messages) {
        const message = opened(channel, update, mayWrite)
        expect(sharedMessage(message, update)).toEqual(encodeServerMessage(message))
        const told: ServerMessage = { type: 'text.update', channel, update }
        expect(sharedMessage(told, update)).toEqual(encodeServerMessage(told))
      }
    }),
  )
})
