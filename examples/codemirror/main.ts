// Plain text in CodeMirror, with the carets of the others.
import { history } from '@codemirror/commands'
import { EditorView } from '@codemirror/view'
import { connect } from 'sluice/client'
import { openText } from 'sluice/text'
import { yCollab } from 'y-codemirror.next'
import config from '../../sluice.config.ts'

const client = await connect(location.origin, { schema: config })
const text = await openText(client, 'articles', 'source')
const body = text.doc.getText('body')

text.awareness.setLocalStateField('user', { name: `Guest ${text.doc.clientID % 100}`, color: '#2b6cb0' })

new EditorView({
  doc: body.toString(),
  extensions: [history(), EditorView.lineWrapping, yCollab(body, text.awareness)],
  parent: document.querySelector('#editor') ?? document.body,
})

const status = document.querySelector('#status')
const showStatus = (): void => {
  if (status !== null) status.textContent = text.status.name
}
text.subscribe(showStatus)
showStatus()
