// Who may only read is with the others all the same.
import { expect } from 'vitest'
import { until } from '../support/until.ts'
import { feature } from './feature.ts'

const editor = { sub: 'eva', roles: ['editor'] }
const reader = { sub: 'rob', roles: [] }

feature(
  'B5',
  'a read-only session sees edits, is seen, and what it types reaches nobody',
  ['yjs', 'rest'],
  async ({ yjs, rest }) => {
    expect((await rest(editor).put('records/bulletins/b-1', { title: 'Storm' })).status).toBe(201)
    const [eva, rob] = [yjs(editor, 'bulletins/b-1'), yjs(reader, 'bulletins/b-1')]
    await until(() => eva.provider.synced && rob.provider.synced, 'both in the room')
    rob.provider.awareness.setLocalStateField('user', { name: 'Rob' })
    const there = () => [...eva.provider.awareness.getStates().values()]
    await until(() => there().some((state) => state.user?.name === 'Rob'), 'Rob to be seen')
    rob.typeParagraph('Nobody reads this')
    eva.typeParagraph('Stay at home')
    await until(() => rob.text.includes('Stay at home'), 'Rob to read it')
    eva.typeParagraph('Still storming')
    await until(() => rob.text.includes('Still storming'), 'Rob to read on')
    expect(eva.text).not.toContain('Nobody reads this')
    expect(rob.provider.wsconnected).toBe(true)
  },
)

feature(
  'B5',
  'in a document, too: presence is told, and a refused change names its field',
  ['automerge', 'rest'],
  async ({ automerge, rest }) => {
    const { body } = await rest(editor).put('records/bulletins/b-2', { title: 'Storm' })
    const [eva, rob] = [automerge(editor), automerge(reader)]
    const [evas, robs] = [await eva.find(body.automergeUrl), await rob.find(body.automergeUrl)]
    rob.onFrame(() => {})
    const heard: unknown[] = []
    evas.on('ephemeral-message', ({ message }) => heard.push(message))
    await until(() => {
      robs.broadcast({ name: 'Rob' })
      return heard.length > 0
    }, 'Rob to be seen')
    robs.change((doc) => {
      doc.title = 'Sunshine'
    })
    await until(() => rob.errors.some((error) => error.includes('forbidden: title')), 'the refusal')
    expect((await rest(editor).get('records/bulletins/b-2')).body.fields).toEqual({ title: 'Storm' })
  },
)
