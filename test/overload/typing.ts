// What a writer sends who types: one update after the other.
import * as Y from 'yjs'
import { writeUpdate } from '../../shared/wire/y-protocol.ts'
import type { RawSocket } from './raw-socket.ts'

/** @param bytes that each frame adds to the text. */
export function* typed(count: number, bytes: number): Generator<Uint8Array> {
  const doc = new Y.Doc()
  const frames: Uint8Array[] = []
  doc.on('update', (update: Uint8Array) => frames.push(writeUpdate(update)))
  for (let index = 0; index < count; index++) {
    doc.getText('body').insert(0, `${index % 10}`.repeat(bytes))
    yield frames.pop() ?? new Uint8Array()
  }
}

/** Sends until the socket is full, goes on when it has drained, and reads what comes meanwhile. `pauseMs` between two. */
export async function sendAll(socket: RawSocket, frames: Iterable<Uint8Array>, pauseMs = 0): Promise<void> {
  for (const frame of frames) {
    if (socket.isClosed) return
    const hasRoom = socket.send(frame)
    await new Promise<void>((resolve) => {
      if (hasRoom && pauseMs > 0) setTimeout(resolve, pauseMs)
      else if (hasRoom) setImmediate(resolve)
      else {
        const goOn = (): void => {
          socket.socket.off('drain', goOn).off('close', goOn)
          resolve()
        }
        socket.socket.on('drain', goOn).on('close', goOn)
      }
    })
  }
}
