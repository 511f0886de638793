import { expect, test } from 'vitest'
import { savedOf } from '../../../client/console/frame/saved-state.ts'

const durable = { type: 'durable' } as const
const memory = { type: 'degraded', reason: 'full', message: '' } as const
const offline = { name: 'offline', reason: 'the server is gone', retryAt: 0 } as const

test('offline, it says how much waits, and whether closing the tab would lose it', () => {
  expect(savedOf({ connection: offline, storage: durable, pendingCount: 0 })).toEqual({
    tone: 'waiting',
    label: 'Offline',
    explanation: 'The server is gone. Nothing waits to be sent.',
  })
  const kept = savedOf({ connection: offline, storage: durable, pendingCount: 1 })
  expect([kept.label, kept.explanation]).toEqual([
    'Offline, 1 change to send',
    expect.stringContaining('It is kept in this browser'),
  ])
  expect(savedOf({ connection: offline, storage: memory, pendingCount: 2 }).explanation).toContain(
    'would lose it',
  )
})

test('it is saved when the server has confirmed everything, and not before', () => {
  const connection = { name: 'connecting' } as const
  expect(savedOf({ connection, storage: durable, pendingCount: 0 }).label).toBe('Connecting')
  const refused = { name: 'stopped', code: 'unauthenticated', reason: 'expired' } as const
  expect(savedOf({ connection: refused, storage: durable, pendingCount: 0 }).tone).toBe('bad')
})
