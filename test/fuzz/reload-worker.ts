// A library that has seen none of the mutants loads what became of a document, and tells if it reads otherwise.
import { parentPort } from 'node:worker_threads'
import type { SavedDocument } from './gate-target.ts'
import { loadedView } from './reader-view.ts'

parentPort?.on('message', (saved: SavedDocument) => {
  let problem: string | null = null
  try {
    if (loadedView(saved) !== saved.seen) problem = 'it reads otherwise after a load'
  } catch (error) {
    problem = `it does not load any more: ${String(error)}`
  }
  parentPort?.postMessage(problem)
})
