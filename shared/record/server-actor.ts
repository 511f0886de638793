/**
 * Automerge actor ids under which only the server writes: genesis changes, settling changes, semantic changes.
 * They share a prefix that no client may use, so nobody can take one before the server needs it.
 */
import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js'

/** `sluice` in ASCII; a random actor id begins so once in 2⁴⁸. */
const PREFIX = bytesToHex(utf8ToBytes('sluice'))
const ACTOR_HEX_LENGTH = 32

export const serverActor = (purpose: string): string =>
  `${PREFIX}${bytesToHex(sha256(utf8ToBytes(purpose)))}`.slice(0, ACTOR_HEX_LENGTH)

export const isServerActor = (actor: string): boolean => actor.startsWith(PREFIX)
