/** The page at `/docs`: the OpenAPI document and the table of errors as plain HTML, with nothing to load. */
import { z } from 'zod'
import type { ErrorCode } from '../../../shared/errors/error-table.ts'
import { errorTable } from '../../../shared/errors/error-table.ts'
import { escapeHtml } from '../../../shared/escape-html.ts'
import { page } from '../../pages/html.ts'
import { titleOf } from './problem.ts'

/** The parts of an OpenAPI document that the page shows. */
const openApi = z.object({
  info: z.object({ title: z.string(), version: z.string() }),
  paths: z.record(
    z.string(),
    z.record(
      z.string(),
      z.object({
        tags: z.array(z.string()).default([]),
        summary: z.string().default(''),
        description: z.string().default(''),
        parameters: z
          .array(
            z.object({
              name: z.string(),
              in: z.string(),
              schema: z.object({ description: z.string().default('') }),
            }),
          )
          .default([]),
        requestBody: z.object({ description: z.string().default('') }).optional(),
        responses: z.record(z.string(), z.object({ description: z.string() })),
      }),
    ),
  ),
})

type Operation = z.infer<typeof openApi>['paths'][string][string]

/** @throws ZodError for what is no OpenAPI document. */
export function docsPage(document: unknown): string {
  const { info, paths } = openApi.parse(document)
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ method, path, operation })),
  )
  const tags = [...new Set(operations.flatMap(({ operation }) => operation.tags))]
  const sections = tags.map((tag) => {
    const tagged = operations.filter(({ operation }) => operation.tags.includes(tag))
    const blocks = tagged.map(({ method, path, operation }) => operationHtml(method, path, operation))
    return `<h2>${escapeHtml(tag)}</h2>${blocks.join('')}`
  })
  return page(
    `${info.title} REST`,
    `<h1>${escapeHtml(info.title)} REST</h1>
<p>Version ${escapeHtml(info.version)}. The same for machines: <a href="/openapi.json">/openapi.json</a>. Every
refusal is a document of type <code>application/problem+json</code> whose <code>code</code> is one of
<a href="#errors">these</a>.</p>
${sections.join('\n')}
<h2 id="errors">Errors</h2>
<table><thead><tr><th>Code</th><th>Status</th><th>Retry</th><th>What to do</th></tr></thead>
<tbody>${errorRows()}</tbody></table>`,
  )
}

function operationHtml(method: string, path: string, operation: Operation): string {
  const parameters = operation.parameters.map(
    ({ name, in: place, schema }) =>
      `<code>${escapeHtml(name)}</code> (${escapeHtml(place)}) ${proseHtml(schema.description)}`,
  )
  const statuses = Object.entries(operation.responses).map(
    ([status, { description }]) => `<code>${escapeHtml(status)}</code> ${escapeHtml(description)}`,
  )
  const rows = [
    row('Parameters', parameters.join('<br>')),
    row('Body', proseHtml(operation.requestBody?.description ?? '')),
    row('Answers', statuses.join('<br>')),
  ]
  return `<h3>${escapeHtml(method.toUpperCase())} <code>${escapeHtml(path)}</code></h3>
<p>${escapeHtml(operation.summary)}. ${proseHtml(operation.description)}</p><table>${rows.join('')}</table>`
}

const row = (name: string, html: string): string =>
  html === '' ? '' : `<tr><th>${name}</th><td>${html}</td></tr>`

function errorRows(): string {
  return Object.keys(errorTable)
    .filter((code): code is ErrorCode => Object.hasOwn(errorTable, code))
    .map((code) => {
      const { status, retryable, remedy } = errorTable[code]
      return `<tr id="${code}"><td title="${titleOf(code)}"><code>${code}</code></td><td>${status}</td>
<td>${retryable ? 'yes' : 'no'}</td><td>${escapeHtml(remedy)}</td></tr>`
    })
    .join('')
}

/** Text in which backticks stand for code. */
const proseHtml = (text: string): string => escapeHtml(text).replace(/`([^`]*)`/g, '<code>$1</code>')
