/**
 * A dead letter: an operation that could never be carried out, kept in the inbox until a person has looked at it
 * (P14). It competes with nothing, so it disputes no field and holds nothing up.
 */
import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js'
import type { Conflict, Side } from './conflict.ts'

const ID_HEX_LENGTH = 24

export const DEAD_LETTER = 'dead-letter'

export const isDeadLetter = ({ kind }: Pick<Conflict, 'kind'>): boolean => kind === DEAD_LETTER

/** Under which key a record keeps it, beside the conflicts of its fields and groups. */
export const deadLetterKey = ({ id }: Pick<Conflict, 'id'>): string => `${DEAD_LETTER}:${id}`

/** @param position of the refusal in the record's journal: deterministic, so a replay gives the same id. */
export function deadLetterOf(documentId: string, position: number, refused: Omit<Side, 'id'>): Conflict {
  const id = bytesToHex(sha256(utf8ToBytes([documentId, DEAD_LETTER, position].join('\n')))).slice(
    0,
    ID_HEX_LENGTH,
  )
  const side: Side = { ...refused, id: 'refused' }
  const value = typeof side.value === 'object' && side.value !== null ? side.value : {}
  return {
    id,
    state: 'open',
    kind: DEAD_LETTER,
    fields: Object.keys(value),
    base: null,
    inForce: null,
    incumbent: {
      ...side,
      id: 'none',
      operation: 'delete',
      value: null,
      author: 'sluice',
      roles: [],
      metadata: {},
    },
    alongside: [],
    challengers: [side],
    openedAt: side.receivedAt,
    assignee: null,
    proposal: null,
    resolution: null,
    events: [{ type: 'opened', side: side.id, at: side.receivedAt, author: side.author }],
    forgotten: 0,
  }
}
