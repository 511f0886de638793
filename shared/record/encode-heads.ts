/** Automerge heads in the form in which automerge-repo writes them: bs58check of the hash's bytes. */
import { hexToBytes } from '@noble/hashes/utils.js'
import bs58check from 'bs58check'

export const encodeHeads = (heads: readonly string[]): readonly string[] =>
  heads.map((head) => bs58check.encode(hexToBytes(head)))
