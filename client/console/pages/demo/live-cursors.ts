/** The cursors of others in a TipTap editor, from the awareness of a Sluice text. */
import { Extension } from '@tiptap/core'
import { yCursorPlugin } from '@tiptap/y-tiptap'
import type { Awareness } from 'y-protocols/awareness'
import classes from './live-cursors.module.css'

export const liveCursors = (awareness: Awareness): Extension =>
  Extension.create({
    name: 'liveCursors',
    addProseMirrorPlugins: () => [
      yCursorPlugin(awareness, { cursorBuilder: cursorOf, selectionBuilder: selectionOf }),
    ],
  })

interface CursorUser {
  readonly name?: unknown
  readonly color?: unknown
}

/** What others announce is theirs: a colour that is none is left out, and a name is text. */
function cursorOf({ name, color }: CursorUser): HTMLElement {
  const cursor = document.createElement('span')
  cursor.className = classes.cursor ?? ''
  cursor.style.setProperty('--cursor', colorOf(color))
  const label = document.createElement('span')
  label.className = classes.label ?? ''
  label.textContent = typeof name === 'string' ? name : 'somebody'
  cursor.append('\u2060', label, '\u2060')
  return cursor
}

const selectionOf = ({ color }: CursorUser) => ({
  style: `background-color: ${colorOf(color)}33`,
  class: classes.selection ?? '',
})

const colorOf = (color: unknown): string =>
  typeof color === 'string' && /^#[0-9a-f]{6}$/i.test(color) ? color : '#5c6570'
