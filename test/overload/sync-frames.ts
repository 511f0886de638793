// Messages of automerge-repo, without the library's own care.
import { Encoder } from 'cbor-x'
import { lebBytes } from '../../server/gate/byte-reader.ts'

const cbor = new Encoder({ tagUint8Array: false, useRecords: false })

const say = (message: object): Uint8Array => cbor.encode({ senderId: 'm', targetId: 's', ...message })

export const join = (): Uint8Array =>
  say({ type: 'join', peerMetadata: {}, supportedProtocolVersions: ['1'] })

/** A message that says nothing but these changes. */
export const bring = (documentId: string, changes: readonly Uint8Array[]): Uint8Array =>
  say({
    type: 'sync',
    documentId,
    data: new Uint8Array(
      Buffer.concat([
        Uint8Array.of(0x42, 0, 0, 0, ...lebBytes(changes.length)),
        ...changes.flatMap((change) => [Uint8Array.from(lebBytes(change.length)), change]),
      ]),
    ),
  })
