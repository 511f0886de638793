/**
 * Where a semantic change belongs (W7): what its author had seen of the record, and his own changes before it. Offline
 * he makes several in a row before the server has placed any, so he names them by the ids under which they are kept.
 */
import type { CausalGraph } from '../../shared/causality/causal-graph.ts'
import type { KeptAnswer } from './plan.ts'
import type { RecordCommand } from './record-command.ts'
import type { RecordDraft } from './record-draft.ts'

/** The command, with all that its author had seen as heads. */
export function placed(
  draft: RecordDraft,
  command: RecordCommand,
  answered: readonly KeptAnswer[],
): RecordCommand {
  if (command.type !== 'write' || command.after === undefined || command.saw === null) return command
  const { after, keep } = command
  const own = after.flatMap((key) => wroteIn(draft, answered, { ...keep, key }))
  // A version that the record does not know is refused, whatever it stands beside.
  if (command.saw.some((head) => !knows(draft, head))) return command
  const seen = newestOf(draft, [...command.saw, ...own])
  return { ...command, saw: seen.length > 0 ? seen : nothingOf(draft) }
}

/** Hashes of the author's own changes to this record that are kept under a key. */
function wroteIn(
  draft: RecordDraft,
  answered: readonly KeptAnswer[],
  { tenant, subject, key }: Partial<KeptAnswer>,
): readonly string[] {
  const body = answered.find(
    (answer) => answer.key === key && answer.subject === subject && answer.tenant === tenant,
  )?.body
  const { wrote } = body ?? {}
  return Array.isArray(wrote)
    ? wrote.filter((hash): hash is string => typeof hash === 'string' && knows(draft, hash))
    : []
}

/** How every replica begins the record (R2); null if there is nothing of it yet, so that it begins with the change. */
function nothingOf(draft: RecordDraft): readonly string[] | null {
  const known = draft.documents.flatMap(({ origin, graph }) => origin.genesis.known(graph))
  return known.length === 0 ? null : newestOf(draft, known)
}

const knows = ({ documents }: RecordDraft, hash: string): boolean =>
  documents.some(({ graph }) => graph.has(hash))

/** Without those that another of them has seen; each of the record's documents has a history of its own. */
const newestOf = ({ documents }: RecordDraft, hashes: readonly string[]): readonly string[] =>
  documents.flatMap(({ graph }) => newestIn(graph, hashes))

function newestIn(graph: CausalGraph, hashes: readonly string[]): readonly string[] {
  const nodes = [...new Set(hashes)].map((hash) => graph.node(hash)).filter((node) => node !== undefined)
  return nodes
    .filter(
      ({ hash, actor, seq }) =>
        !nodes.some((other) => other.hash !== hash && graph.sees(other.hash, actor, seq)),
    )
    .map(({ hash }) => hash)
}
