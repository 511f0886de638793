/** Root keys of a record's document that belong to the server: every name that starts with `_`. */

/** The collection's name, written by the genesis change (R1). */
export const COLLECTION_KEY = '_collection'
/** The record's id, written by the genesis change (R1). */
export const ID_KEY = '_id'
/** The compartment that the document holds, written by its genesis change; the main document has none (R1). */
export const COMPARTMENT_KEY = '_compartment'
/** Open conflicts by id, so that clients see them offline (C8). */
export const CONFLICTS_KEY = '_conflicts'
/** True while the record is deleted. The one reserved key that a client may write. */
export const DELETED_KEY = '_deleted'

export const isReservedKey = (key: string): boolean => key.startsWith('_')
