/** Files that are on disk when a function returns, also if the power fails then. */
import { createHash } from 'node:crypto'
import { closeSync, copyFileSync, createReadStream, fsyncSync, openSync, renameSync } from 'node:fs'
import { dirname } from 'node:path'
import { pipeline } from 'node:stream/promises'

/** Synchronizes a file, or the names in a folder. */
export function syncPath(path: string): void {
  const descriptor = openSync(path, 'r')
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

export function copyDurably(from: string, to: string): void {
  copyFileSync(from, to)
  syncPath(to)
}

/** Whoever looks finds it under the old name or under the new one. */
export function renameDurably(from: string, to: string): void {
  renameSync(from, to)
  syncPath(dirname(to))
  if (dirname(from) !== dirname(to)) syncPath(dirname(from))
}

/** SHA-256 in hex, read piece by piece. */
export async function digestOfFile(file: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(file), hash)
  return hash.digest('hex')
}
