/**
 * The Ed25519 key that signs checkpoints (S7). It is made in the data folder at the first start, readable by
 * its owner alone; the public half lies beside it, to be copied to whoever wants to verify.
 */
import type { KeyObject } from 'node:crypto'
import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto'
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'

export interface CheckpointSigner {
  readonly keyId: string
  /** Base64. */
  sign(digest: string): string
}

export interface CheckpointVerifier {
  readonly keyId: string
  verify(digest: string, signature: string): boolean
}

const PRIVATE_FILE = 'sluice-checkpoint-key.pem'
const PUBLIC_FILE = 'sluice-checkpoint-key.pub.pem'
/** What a copy of the data folder needs beside the database, so that it can go on signing. */
export const CHECKPOINT_KEY_FILES: readonly string[] = [PRIVATE_FILE, PUBLIC_FILE]

const KEY_ID_HEX_LENGTH = 16

export const checkpointKeyFile = (folder: string): string => join(folder, PRIVATE_FILE)

/** @throws Error if the file that is there holds no such key: nothing could be verified later. */
export function openCheckpointKey(folder: string): CheckpointSigner {
  const file = checkpointKeyFile(folder)
  if (!existsSync(file)) createKey(folder)
  const key = readKey(file, createPrivateKey)
  const keyId = keyIdOf(createPublicKey(key))
  return { keyId, sign: (digest) => sign(null, Buffer.from(digest), key).toString('base64') }
}

/**
 * @param file the public key, or the private one, in PEM.
 * @throws Error if it cannot be read or holds no such key.
 */
export function openCheckpointVerifier(file: string): CheckpointVerifier {
  const key = readKey(file, createPublicKey)
  return {
    keyId: keyIdOf(key),
    verify: (digest, signature) => verify(null, Buffer.from(digest), key, Buffer.from(signature, 'base64')),
  }
}

/**
 * The private key appears whole or not at all, even if the process dies meanwhile; and it is durable before the first
 * checkpoint is: signed by a key that a power failure took away, that could never be checked.
 */
function createKey(folder: string): void {
  mkdirSync(folder, { recursive: true })
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  writeFileSync(join(folder, PUBLIC_FILE), publicKey.export({ type: 'spki', format: 'pem' }), { flush: true })
  const draft = join(folder, `${PRIVATE_FILE}.new`)
  writeFileSync(draft, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600, flush: true })
  renameSync(draft, checkpointKeyFile(folder))
  synchronizeFolder(folder)
}

/** Without this a power failure may undo a renaming. Where folders cannot be opened, as on Windows, it is not needed. */
function synchronizeFolder(folder: string): void {
  if (process.platform === 'win32') return
  const opened = openSync(folder, 'r')
  try {
    fsyncSync(opened)
  } finally {
    closeSync(opened)
  }
}

function readKey(file: string, read: (pem: Buffer) => KeyObject): KeyObject {
  const pem = readFileSync(file)
  let key: KeyObject
  try {
    key = read(pem)
  } catch {
    throw new Error(`${file} holds no key in PEM.`)
  }
  if (key.asymmetricKeyType !== 'ed25519') throw new Error(`${file} holds no Ed25519 key.`)
  return key
}

/** The start of the digest of the public key. */
const keyIdOf = (key: KeyObject): string =>
  createHash('sha256')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest('hex')
    .slice(0, KEY_ID_HEX_LENGTH)
