/** The notes of the patient in an editor, bound to the text of one pane. */
import Collaboration from '@tiptap/extension-collaboration'
import { EditorContent, useEditor } from '@tiptap/react'
import StarterKit from '@tiptap/starter-kit'
import type { TextHandle } from '../../../text/index.ts'
import { liveCursors } from './live-cursors.ts'
import classes from './notes-editor.module.css'

export interface NotesEditorProps {
  readonly text: TextHandle
  readonly label: string
}

export default function NotesEditor({ text, label }: NotesEditorProps) {
  const editor = useEditor(
    {
      extensions: [
        StarterKit.configure({ undoRedo: false, trailingNode: false }),
        Collaboration.configure({ document: text.doc, field: 'notes' }),
        liveCursors(text.awareness),
      ],
      editorProps: {
        attributes: { 'aria-label': label, 'aria-multiline': 'true', role: 'textbox', dir: 'auto' },
      },
    },
    [text],
  )
  return <EditorContent editor={editor} className={classes.editor} />
}
