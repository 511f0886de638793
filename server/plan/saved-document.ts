/** An Automerge document as the library saves it. */
import { LibraryDocument } from './library-document.ts'
import type { UnsavedDocument } from './record-document.ts'

/** @throws whatever the library throws on what it cannot read. */
export function savedDocument({ saved, changes }: UnsavedDocument): Uint8Array {
  const library = saved === null ? LibraryDocument.empty() : LibraryDocument.load(saved)
  try {
    library.apply(changes)
    return library.save()
  } finally {
    library.free()
  }
}
