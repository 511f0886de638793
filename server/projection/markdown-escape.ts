/**
 * Writes strings into CommonMark so that a reader sees them as they are. Documents are hostile and this runs
 * on the main thread, so no pattern here backtracks over a run more than once.
 */

/** Text within a paragraph. What has a meaning only at a line's start is left to `escapeLineStart`. */
export const escapeMarkdown = (text: string): string =>
  text
    .replace(/[\r\n]+/g, ' ')
    .replace(/[\\`*_[\]<>~|]/g, '\\$&')
    .replace(/&(?=#?[A-Za-z0-9]{1,32};)/g, '\\&')

/** A line of inline Markdown that must not read as a heading, list, rule, underline or indented code. */
export const escapeLineStart = (line: string): string =>
  line
    .trimStart()
    .replace(/^(?:#{1,6}(?=[ \t]|$)|[-+](?=[ \t]|$)|[-=]+(?=[ \t]*$)|-(?=[- \t]*$))/, '\\$&')
    .replace(/^(\d{1,9})([.)])(?=[ \t]|$)/, '$1\\$2')

/** A heading's text: one line, whose last `#` would vanish as a closing sequence. */
export function headingText(text: string): string {
  const line = text.replaceAll('\n', ' ').trim()
  return line.endsWith('#') ? `${line.slice(0, -1)}\\#` : line
}

/** A code span, fenced by one backtick more than the longest run inside. */
export function codeSpan(text: string): string {
  const content = text.replace(/[\r\n]+/g, ' ')
  if (content === '') return ''
  const fence = '`'.repeat(longestBacktickRun(content) + 1)
  const loses = content.startsWith(' ') && content.endsWith(' ') && content.trim() !== ''
  const pad = loses || content.startsWith('`') || content.endsWith('`') ? ' ' : ''
  return `${fence}${pad}${content}${pad}${fence}`
}

export function fencedCode(text: string, language: string): readonly string[] {
  const fence = '`'.repeat(Math.max(3, longestBacktickRun(text) + 1))
  return [`${fence}${language}`, ...text.split(/\r\n|\r|\n/), fence]
}

const longestBacktickRun = (text: string): number =>
  (text.match(/`+/g) ?? []).reduce((longest, run) => Math.max(longest, run.length), 0)

/** A checked address as a link destination without angle brackets. */
export const linkDestination = (address: string): string =>
  address.replace(/[()<>\\]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
