/**
 * Takes tokens out of a line of the log. No part of the program hands one to the log; this is for libraries whose
 * errors quote what they were given, such as an address with its query.
 */
export const withoutTokens = (line: string): string =>
  line.replace(JWT, TAKEN_OUT).replace(NAMED, `$1${TAKEN_OUT}`)

const TAKEN_OUT = '[token]'
/** Three parts in base64url, of which the first is a JSON object. */
const JWT = /\beyJ[\w-]*\.[\w-]*\.[\w-]*/g
const NAMED = /(\btoken=|\bBearer(?: |%20|\+))[^\s&"'\\]+/gi
