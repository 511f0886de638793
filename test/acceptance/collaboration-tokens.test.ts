// B6: what a token has opened lasts as long as the token, and its owner loses nothing when it ends.
import { once } from 'node:events'
import { expect } from 'vitest'
import type WebSocket from 'ws'
import { writeToken } from '../../shared/wire/y-protocol.ts'
import { nextSecond, secondsFromNow } from '../support/sign-token.ts'
import type { TextClient } from '../support/text-client.ts'
import { until } from '../support/until.ts'
import { tokenOf } from './doors.ts'
import { feature } from './feature.ts'

const socketOf = ({ provider }: TextClient): WebSocket => provider.ws as unknown as WebSocket
const now = (): number => Math.floor(Date.now() / 1000)

feature(
  'B6',
  'a token that expires ends the socket; what is typed then arrives with the next token',
  ['yjs'],
  async ({ yjs }) => {
    const ann = yjs({ sub: 'ann', exp: secondsFromNow(4) }, 'tasks/b6-expiry')
    const bob = yjs('bob', 'tasks/b6-expiry')
    await until(() => ann.provider.synced && bob.provider.synced, 'the first synchronisation')
    const [code] = (await once(socketOf(ann), 'close')) as [number]
    expect(code).toBe(4401)
    ann.typeParagraph('too late for the token')
    expect(bob.text).not.toContain('too late')
    ann.provider.params.token = tokenOf('ann')
    ann.provider.connect()
    await until(() => bob.text.includes('too late for the token'), 'it to arrive')
  },
)

feature('B6', 'a fresh token continues the session on the same socket', ['yjs'], async ({ yjs }) => {
  const expiry = secondsFromNow(4)
  const ann = yjs({ sub: 'ann', exp: expiry }, 'tasks/b6-fresh')
  const bob = yjs('bob', 'tasks/b6-fresh')
  await until(() => ann.provider.synced && bob.provider.synced, 'the first synchronisation')
  const socket = socketOf(ann)
  socket.send(writeToken(tokenOf('ann')))
  await new Promise((resolve) => setTimeout(resolve, expiry * 1000 + 300 - Date.now()))
  ann.typeParagraph('beyond the first token')
  await until(() => bob.text.includes('beyond the first token'), 'it to arrive')
  expect(socketOf(ann)).toBe(socket)
})

feature(
  'B6',
  'a subject that is revoked is out of every door at once, and back with a token issued later',
  ['yjs', 'automerge', 'rest', 'stream'],
  async ({ yjs, automerge, rest, stream }) => {
    const who = { sub: 'mallory', iat: now() }
    const { body } = await rest(who).put('records/tasks/b6', { title: 'Call' })
    const [text, repo] = [yjs(who, 'tasks/b6'), automerge(who)]
    await repo.find(body.automergeUrl)
    const feed = await stream(who, 'record=b6')
    await feed.next()
    await until(() => text.provider.synced, 'the first synchronisation')
    const steward = rest({ sub: 'root', roles: ['steward'] })
    expect((await steward.send('POST', 'revocations', { subject: 'mallory' })).status).toBe(201)
    expect((await rest(who).get('records/tasks/b6')).status).toBe(401)
    await until(() => !text.provider.shouldConnect && repo.repo.peers.length === 0, 'the sockets to close')
    expect(await feed.next()).toBeNull()
    await nextSecond()
    expect((await rest({ sub: 'mallory', iat: now() }).get('records/tasks/b6')).status).toBe(200)
  },
)
