// Runs in a page: mounts components as an app does, in StrictMode, and counts what they draw and what is sent.
import type { ReactNode } from 'react'
import { StrictMode } from 'react'
import type { Root } from 'react-dom/client'
import { createRoot } from 'react-dom/client'
import { decodeClientMessage } from '../../../shared/sync/codec.ts'

/** Types of all messages that pages of this kind have sent, in order, but for greetings and pings. */
export const sent: string[] = []

/** A WebSocket that writes down what is sent. */
export class WatchedSocket extends WebSocket {
  override send(frame: Uint8Array<ArrayBuffer>): void {
    const { type } = decodeClientMessage(frame)
    if (type !== 'hello' && type !== 'ping') sent.push(type)
    super.send(frame)
  }
}

const drawn = new Map<string, number>()

/** How often React has put something of this name into the page since it was asked last. */
export function drawings(name: string): number {
  const count = drawn.get(name) ?? 0
  drawn.set(name, 0)
  return count
}

/** Called by a component in an effect without dependencies. */
export const countDrawing = (name: string): void => {
  drawn.set(name, (drawn.get(name) ?? 0) + 1)
}

let root: Root | null = null

export function mount(app: ReactNode): void {
  const element = document.body.appendChild(document.createElement('main'))
  root = createRoot(element)
  root.render(<StrictMode>{app}</StrictMode>)
}

export function unmount(): void {
  root?.unmount()
  document.querySelector('main')?.remove()
}

export const shown = (): string => document.querySelector('main')?.textContent ?? ''
