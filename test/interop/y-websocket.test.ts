// Unmodified y-websocket clients with TipTap's schema against the real program.
import Database from 'better-sqlite3'
import { afterEach, describe, expect, it } from 'vitest'
import { rest } from '../support/rest-client.ts'
import { ServerProcess } from '../support/server-process.ts'
import { TextClient } from '../support/text-client.ts'
import { until } from '../support/until.ts'

const open: { destroy(): void }[] = []
const track = <T extends { destroy(): void }>(client: T): T => {
  open.push(client)
  return client
}
afterEach(() => {
  for (const client of open.splice(0)) client.destroy()
})

describe('y-websocket clients', () => {
  it('W4: editors converge through offline work and a SIGKILL, and nothing acknowledged is missing', async () => {
    await using server = await ServerProcess.start()
    const room = 'articles/spec'
    const ann = track(new TextClient(server.socketUrl, room))
    const bob = track(new TextClient(server.socketUrl, room))
    const cyd = track(new TextClient(server.socketUrl, room))
    ann.typeParagraph('Opening by Ann')
    await until(
      () => bob.text.includes('Opening by Ann') && cyd.text.includes('Opening by Ann'),
      'the first paragraph everywhere',
    )

    cyd.provider.disconnect()
    cyd.typeParagraph('Written by Cyd in a tunnel')
    for (let line = 0; line < 20; line++) {
      ann.typeParagraph(`Ann ${line}`)
      bob.typeParagraph(`Bob ${line}`)
    }
    // Peers see a write after its commit: what Bob shows of Ann's typing has been acknowledged.
    await until(() => bob.text.includes('Ann 19') && ann.text.includes('Bob 19'), 'both to see each other')
    await server.restart()
    cyd.provider.connect()
    await until(
      () => ann.text.includes('Cyd') && cyd.text.includes('Ann 19') && cyd.text.includes('Bob 19'),
      'Cyd to catch up',
    )
    await until(() => ann.text === bob.text && bob.text === cyd.text, 'convergence')
    for (let line = 0; line < 20; line++) expect(ann.text).toContain(`Bob ${line}`)
  })

  it('W4: what a peer has seen survives a SIGKILL without any client to bring it back', async () => {
    await using server = await ServerProcess.start()
    const ann = new TextClient(server.socketUrl, 'articles/a')
    const bob = new TextClient(server.socketUrl, 'articles/a')
    for (let line = 0; line < 30; line++) {
      ann.typeParagraph(`line ${line}`)
      await until(() => bob.text.includes(`line ${line}`), 'Bob to see it')
      if (line === 29) await server.kill()
    }
    const seen = bob.text
    ann.destroy()
    bob.destroy()
    await server.start()
    const answer = await until(async () => {
      const { body } = await rest(server.url, 'GET', '/v1/records/articles/a/text/body')
      return body === seen ? body : null
    }, 'the text to be projected again')
    expect(answer).toBe(seen)
    const database = new Database(server.databaseFile, { readonly: true })
    expect(database.prepare('SELECT body FROM articles WHERE id = ?').pluck().get('a')).toBe(seen)
    database.close()
  })

  it('presence arrives at the others, and leaves with its session', async () => {
    await using server = await ServerProcess.start()
    const ann = track(new TextClient(server.socketUrl, 'articles/p'))
    const bob = track(new TextClient(server.socketUrl, 'articles/p'))
    ann.provider.awareness.setLocalStateField('user', { name: 'Ann' })
    await until(
      () => bob.provider.awareness.getStates().get(ann.doc.clientID)?.user?.name === 'Ann',
      'Bob to see Ann',
    )
    ann.provider.destroy()
    await until(() => !bob.provider.awareness.getStates().has(ann.doc.clientID), 'Ann to be gone')
  })

  it('R6: an unknown collection and an unknown field are refused for good, with a reason', async () => {
    await using server = await ServerProcess.start()
    const closes: string[] = []
    const lost = track(new TextClient(server.socketUrl, 'nowhere/x'))
    lost.provider.on('connection-close', (event: CloseEvent | null) =>
      closes.push(`${event?.code} ${event?.reason}`),
    )
    await until(
      () => closes.some((close) => close.startsWith('4404') && close.includes('nowhere')),
      'the refusal',
    )
    const wrong = track(new TextClient(server.socketUrl, 'articles/x', 'default'))
    wrong.provider.on('connection-close', (event: CloseEvent | null) =>
      closes.push(`${event?.code} ${event?.reason}`),
    )
    wrong.typeParagraph('lost?')
    await until(
      () => closes.some((close) => close.startsWith('4403') && close.includes('default')),
      'the refusal of the field',
    )
    expect(wrong.provider.shouldConnect).toBe(false)
  })

  it('SIGTERM flushes what was accepted and tells clients to come back', async () => {
    await using server = await ServerProcess.start()
    const ann = track(new TextClient(server.socketUrl, 'articles/t'))
    const bob = track(new TextClient(server.socketUrl, 'articles/t'))
    for (let line = 0; line < 50; line++) ann.typeParagraph(`line ${line}`)
    await until(() => bob.text.includes('line 49'), 'Bob to see it')
    expect(await server.stop()).toBe(0)
    const database = new Database(server.databaseFile, { readonly: true })
    expect(database.prepare('SELECT body FROM articles WHERE id = ?').pluck().get('t')).toContain('line 49')
    database.close()
  })
})
