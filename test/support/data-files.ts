// Looks for words in every file of a data folder, as somebody who has the disk in his hands does.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** @returns those of the words that some file holds, in UTF-8 or UTF-16, in either case of their letters. */
export function wordsIn(folder: string, words: readonly string[]): readonly string[] {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => readFileSync(join(parentPath, name)))
  const forms = (word: string): readonly Buffer[] => [
    Buffer.from(word),
    Buffer.from(word.toLowerCase()),
    Buffer.from(word, 'utf16le'),
    Buffer.from(word, 'utf16le').swap16(),
  ]
  return words.filter((word) => forms(word).some((form) => files.some((bytes) => bytes.includes(form))))
}
