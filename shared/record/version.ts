/**
 * A record's version: an opaque token for "what I have seen", made of the Automerge heads of its fields and
 * the journal position of its text. It travels as an ETag and returns in `If-Match`.
 */

export interface Version {
  /** Automerge heads, sorted, as 64 hex digits each. */
  readonly heads: readonly string[]
  /** Number of text updates that the reader had seen. */
  readonly textVersion: number
}

const HASH_HEX_LENGTH = 64

export function encodeVersion(version: Version): string {
  const hex = [...version.heads].sort().join('')
  return `${hexToBase64Url(hex)}.${version.textVersion.toString(36)}`
}

/** Reads a version token; null for a string that no server made. */
export function decodeVersion(token: string): Version | null {
  const match = /^([A-Za-z0-9_-]*)\.([0-9a-z]{1,10})$/.exec(token)
  if (match === null) return null
  const encoded = match[1] ?? ''
  // Base64 never leaves a single character over; `atob` throws on it.
  if (encoded.length % 4 === 1) return null
  const hex = base64UrlToHex(encoded)
  if (hex.length % HASH_HEX_LENGTH !== 0) return null
  const heads: string[] = []
  for (let at = 0; at < hex.length; at += HASH_HEX_LENGTH) heads.push(hex.slice(at, at + HASH_HEX_LENGTH))
  return { heads, textVersion: Number.parseInt(match[2] ?? '0', 36) }
}

const SIX_BITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

/** Three hex digits are two characters: every answer carries a version, and `btoa` takes three times as long. */
function hexToBase64Url(hex: string): string {
  const parts: string[] = []
  for (let at = 0; at < hex.length; at += PART_DIGITS) parts.push(encodePart(hex.slice(at, at + PART_DIGITS)))
  return parts.join('')
}

/** A function takes so many arguments anywhere. */
const PART_DIGITS = 3 * 1024

function encodePart(hex: string): string {
  const codes: number[] = []
  for (let at = 0; at < hex.length; at += 3) {
    const bits = (digitAt(hex, at) << 8) | (digitAt(hex, at + 1) << 4) | digitAt(hex, at + 2)
    codes.push(SIX_BITS.charCodeAt(bits >> 6))
    if (at + 1 < hex.length) codes.push(SIX_BITS.charCodeAt(bits & 63))
  }
  return String.fromCharCode(...codes)
}

/** 0 behind the last one. */
const digitAt = (hex: string, at: number): number =>
  at < hex.length ? (hex.charCodeAt(at) & 15) + (hex.charCodeAt(at) > DIGIT_9 ? 9 : 0) : 0

const DIGIT_9 = 0x39

function base64UrlToHex(text: string): string {
  const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'))
  return Array.from(binary, (character) => character.charCodeAt(0).toString(16).padStart(2, '0')).join('')
}
