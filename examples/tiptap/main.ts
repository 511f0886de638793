// Rich text in TipTap: stored on this device as it is typed, merged by character, and sent when there is a connection.
import { Editor } from '@tiptap/core'
import { Collaboration } from '@tiptap/extension-collaboration'
import { StarterKit } from '@tiptap/starter-kit'
import { connect } from 'sluice/client'
import { openText } from 'sluice/text'
import config from '../../sluice.config.ts'

const client = await connect(location.origin, { schema: config })
const text = await openText(client, 'articles', 'welcome')

new Editor({
  element: document.querySelector('#editor'),
  extensions: [
    // Undo is that of the collaboration: it takes back what this person typed, and nothing of others.
    StarterKit.configure({ undoRedo: false }),
    Collaboration.configure({ document: text.doc, field: 'body' }),
  ],
})

const status = document.querySelector('#status')
const showStatus = (): void => {
  if (status !== null) status.textContent = text.status.name
}
text.subscribe(showStatus)
showStatus()
