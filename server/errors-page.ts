/** Renders `docs/ERRORS.md`: every code of the closed table of errors, with what to do about it. */
import { errorTable } from '../shared/errors/error-table.ts'

export function renderErrorsPage(): string {
  const rows = Object.entries(errorTable)
    .toSorted(([, one], [, other]) => one.status - other.status)
    .map(
      ([code, { status, close, retryable, remedy }]) =>
        `| \`${code}\` | ${status} | ${close} | ${retryable ? 'yes' : 'no'} | ${remedy} |`,
    )
  return `# Errors

Every refusal that a client can meet. Written by \`node scripts/write-errors-page.mjs\` from
\`shared/errors/error-table.ts\`; do not edit.

REST answers the HTTP status with a problem document (RFC 9457) that names the \`code\` and, in \`detail\`, the field,
the byte or the version at fault; its \`type\` is the row of the code at \`/docs\` of the running server. The upload
queue gives each refused operation a \`code\`. A WebSocket session that an error ends is closed with the close code.
Where a retry can help, the same request may succeed later as it is, and REST sends \`Retry-After\`.

| code | HTTP | close | retry | what to do |
|---|---|---|---|---|
${rows.join('\n')}
`
}
