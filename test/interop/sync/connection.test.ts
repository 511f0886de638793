// The client's connection over the package `ws` and the real program: restarts, tokens that run out, answers that are lost.
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import WebSocket from 'ws'
import { createConnection } from '../../../client/connection/connection.ts'
import { connectionTimes } from '../../../client/connection/connection-state.ts'
import type { SyncConnection } from '../../../client/connection/sync-connection.ts'
import { ConnectionLost } from '../../../client/connection/sync-connection.ts'
import type { RecordSnapshot } from '../../../shared/sync/messages.ts'
import { SYNC_PROTOCOL } from '../../../shared/sync/messages.ts'
import { as, rest } from '../../support/rest-client.ts'
import { ServerProcess } from '../../support/server-process.ts'
import { SECRET, secondsFromNow, signToken } from '../../support/sign-token.ts'
import { changeOf, set } from '../../support/sync-wire.ts'
import { until } from '../../support/until.ts'

const environment = {
  SLUICE_CONFIG: fileURLToPath(new URL('../../acceptance/sluice.config.ts', import.meta.url)),
  SLUICE_JWT_SECRET: SECRET,
}

function connect(server: ServerProcess, token: () => Promise<string | null>): SyncConnection {
  const connection = createConnection({
    url: `${server.socketUrl}/sync/${SYNC_PROTOCOL}`,
    token,
    device: 'laptop',
    WebSocket,
    now: Date.now,
    after: (ms, run) => {
      const timer = setTimeout(run, ms)
      return () => clearTimeout(timer)
    },
    random: Math.random,
    times: { ...connectionTimes, renewBeforeMs: 2_000 },
  })
  connection.start()
  return connection
}

/** What the record's channel has told. */
function watch(connection: SyncConnection, collection: string, recordId: string) {
  const watched = { record: null as RecordSnapshot | null, mark: null as string | null, sames: 0, lost: 0 }
  connection.open<'record'>({
    opening: () => ({ type: 'record.open', collection, recordId, known: watched.mark }),
    receive: (event) => {
      if (event.type === 'same') watched.sames += 1
      if (event.type === 'record.state') Object.assign(watched, { record: event.record, mark: event.mark })
    },
    lost: () => {
      watched.lost += 1
    },
  })
  return watched
}

const online = (connection: SyncConnection) =>
  until(() => connection.status.name === 'online', 'the connection')

test('K4, K5, K10: it comes back after a crash, is told what it has is current, and carries out what was made meanwhile', async () => {
  await using server = await ServerProcess.start(environment)
  const connection = connect(server, () => signToken('ada'))
  try {
    const watched = watch(connection, 'items', 'nail')
    const change = changeOf({
      collection: 'items',
      recordId: 'nail',
      intent: 'create',
      ops: [set('name', 'nail')],
    })
    const made = await connection.submit(change)
    expect(made).toMatchObject({ status: 'done', fields: { name: { outcome: 'applied' } } })
    expect(watched.record?.fields.name).toBe('nail')
    await server.kill()
    await until(() => connection.status.name === 'offline', 'the loss of the server')
    expect(watched.lost).toBe(1)
    await expect(connection.act('nobody', { type: 'undo' })).rejects.toBeInstanceOf(ConnectionLost)
    const seen = watched.record?.version ?? null
    const offline = [1, 2, 3].map((amount) =>
      connection.submit(
        changeOf({
          collection: 'items',
          recordId: 'nail',
          ops: [{ type: 'increment', field: 'stock', amount }],
          seen,
        }),
      ),
    )
    await server.start()
    for (const result of await Promise.all(offline)) expect(result.status).toBe('done')
    expect([watched.sames, watched.record?.fields.stock]).toEqual([1, 6])
    expect(await connection.act('nobody', { type: 'undo' })).toMatchObject({ code: 'not_found' })
    connection.stop()
    expect(connection.status).toMatchObject({ name: 'stopped', code: null })
  } finally {
    connection.stop()
  }
})

test('W13: it fetches tokens in time, so that a session outlives many; a revoked one that is not replaced stops it', async () => {
  await using server = await ServerProcess.start({ ...environment, SLUICE_REVOKER_ROLE: 'steward' })
  let fetched = 0
  let isRevoked = false
  let lost = 0
  const old = await signToken('ada', { jti: 'stolen' })
  const connection = connect(server, async () => {
    fetched += 1
    return isRevoked ? old : signToken('ada', { exp: secondsFromNow(4) })
  })
  connection.onStatus(({ name }) => {
    if (name === 'offline') lost += 1
  })
  try {
    await online(connection)
    await until(() => fetched >= 3, 'three tokens')
    expect(lost).toBe(0)
    isRevoked = true
    const steward = await signToken('sam', { roles: ['steward'] })
    const expiresAt = new Date(Date.now() + 600_000).toISOString()
    const revoked = await rest(
      server.url,
      'POST',
      '/v1/revocations',
      { jti: 'stolen', expiresAt },
      as(steward),
    )
    expect(revoked.status).toBeLessThan(300)
    const stopped = await until(() => connection.status.name === 'stopped' && connection.status, 'the end')
    expect(stopped).toMatchObject({ code: 'unauthenticated' })
  } finally {
    connection.stop()
  }
})
