/** Takes the commands of one batch one after the other: vets each update, applies what passes, keeps what was added. */
import { SluiceError } from '../../shared/errors/error-table.ts'
import type { Origin } from '../../shared/record/origin.ts'
import type { TriedText } from '../gate/text-trial.ts'
import type { UpdateRefusal, UpdateVerdict } from '../gate/update-verdict.ts'
import { foreignClient } from '../gate/update-verdict.ts'
import { vetLightUpdate } from '../gate/yjs-gate.ts'
import type { TypedCommands } from './join-typing.ts'
import type { AuthorBinding } from './plan.ts'
import type { TextCommand, TextOutcome, TextPlanContext, TextState } from './plan-text.ts'

/** The author id of a Yjs client in the record's bindings, apart from Automerge's actors. */
export const yjsAuthor = (client: number): string => `yjs:${client}`

export interface Written {
  readonly origin: Origin
  readonly bytes: Uint8Array
}

/** What one plan has taken so far. */
export class TextPlanning {
  readonly accepted: Written[] = []
  readonly #bindings: ReadonlyMap<string, string>
  readonly #newBindings = new Map<string, string>()
  readonly #state: TextState
  readonly #context: TextPlanContext
  readonly #roots: ReadonlySet<string>
  readonly #outcomes = new Map<TextCommand, TextOutcome>()
  /** Sessions of which something typed was not taken: what follows it is looked at after it. */
  readonly #doubtful = new Set<string>()

  constructor(state: TextState, context: TextPlanContext) {
    this.#state = state
    this.#context = context
    this.#roots = new Set(context.texts)
    this.#bindings = state.bindings
  }

  get newBindings(): readonly AuthorBinding[] {
    return [...this.#newBindings].map(([author, subject]) => ({ author, subject }))
  }

  /** Of the state, with the new ones. */
  get bindings(): ReadonlyMap<string, string> {
    return this.#newBindings.size === 0 ? this.#bindings : new Map([...this.#bindings, ...this.#newBindings])
  }

  outcomeOf(command: TextCommand): TextOutcome {
    const outcome = this.#outcomes.get(command)
    if (outcome === undefined) throw new RangeError('a command that was not taken')
    return outcome
  }

  /** Takes what its author goes on typing, with no more than a look at it. @returns false if it is anything else. */
  takeTyping({ commands, update }: TypedCommands): boolean {
    const command = commands.at(-1)
    if (command === undefined || command.denial !== null) return false
    const { origin } = command
    if (this.#doubtful.has(origin.session) || !this.#state.document.type(update, origin.subject)) return false
    this.accepted.push({ origin, bytes: update })
    for (const one of commands) this.#outcomes.set(one, APPLIED)
    return true
  }

  /** Takes several updates of one session as one. @returns false if they are to be taken one by one. */
  takeTyped({ commands, update }: TypedCommands): boolean {
    const command = commands.at(-1)
    if (command === undefined || this.#doubtful.has(command.origin.session)) return false
    const { origin } = command
    const verdict = this.#vet(update, this.#writersOf(origin))
    if (verdict === null || !verdict.ok) {
      this.#doubtful.add(origin.session)
      return false
    }
    const taken = takeLight(this.#state, { ...command, update }, verdict)
    this.#keep(origin, taken)
    for (const one of commands) this.#outcomes.set(one, taken.outcome)
    return true
  }

  async take(command: TextCommand): Promise<void> {
    const { origin, update } = command
    const mayWriteAs = this.#writersOf(origin)
    const taken =
      (await this.#context.inTurn(() => {
        const light = this.#vet(update, mayWriteAs)
        return light === null ? null : takeLight(this.#state, command, light)
      })) ?? (await takeTried(this.#state, command, this.accepted, mayWriteAs, this.#context))
    this.#keep(origin, taken)
    this.#outcomes.set(command, taken.outcome)
  }

  #vet(update: Uint8Array, mayWriteAs: (client: number) => boolean): UpdateVerdict | null {
    return vetLightUpdate(this.#state.document.doc, update, {
      roots: this.#roots,
      mayWriteAs,
      limits: this.#context.limits,
    })
  }

  /** Which client ids a session may write as (R5). */
  #writersOf({ subject }: Origin): (client: number) => boolean {
    return (client) =>
      (this.#ownerOf(client) ?? this.#context.presentAs(client) ?? subject) === subject &&
      !this.#state.erasedClients.has(client)
  }

  #ownerOf(client: number): string | undefined {
    const author = yjsAuthor(client)
    return this.#bindings.get(author) ?? this.#newBindings.get(author)
  }

  #keep(origin: Origin, { authors, bytes }: Taken): void {
    for (const client of authors)
      if (this.#ownerOf(client) === undefined) this.#newBindings.set(yjsAuthor(client), origin.subject)
    if (bytes !== null) this.accepted.push({ origin, bytes })
  }
}

const APPLIED: TextOutcome = { status: 'applied' }

/** What became of one update. */
interface Taken {
  readonly outcome: TextOutcome
  readonly authors: readonly number[]
  /** What it has added to the document. */
  readonly bytes: Uint8Array | null
}

const takenNothing = (outcome: TextOutcome): Taken => ({ outcome, authors: [], bytes: null })

/** @returns the client ids that write in the update, or what became of one that nothing is taken from. */
function authorsOf(
  state: TextState,
  verdict: UpdateVerdict,
  denial: SluiceError | null,
): readonly number[] | Taken {
  if (denial !== null && !(verdict.ok && verdict.empty))
    return takenNothing({ status: 'refused', error: denial })
  if (!verdict.ok) return takenNothing(refusal(state, verdict))
  return verdict.empty ? takenNothing(APPLIED) : verdict.authors
}

function takeLight(state: TextState, { update, origin, denial }: TextCommand, verdict: UpdateVerdict): Taken {
  const authors = authorsOf(state, verdict, denial)
  if ('outcome' in authors) return authors
  return { outcome: APPLIED, authors, bytes: state.document.take(update, authors, origin.subject) }
}

/** Takes an update that may take long: what a trial has made of it is applied piece by piece. */
async function takeTried(
  state: TextState,
  { update, denial }: TextCommand,
  accepted: readonly Written[],
  mayWriteAs: (client: number) => boolean,
  context: TextPlanContext,
): Promise<Taken> {
  let tried: TriedText
  try {
    tried = await context.tryText(
      update,
      accepted.map(({ bytes }) => bytes),
    )
  } catch (error) {
    if (error instanceof SluiceError) return takenNothing({ status: 'refused', error })
    throw error
  }
  const { verdict, added, slices } = tried
  const authors = authorsOf(state, verdict, denial)
  if ('outcome' in authors) return authors
  const foreign = authors.find((client) => !mayWriteAs(client))
  if (foreign !== undefined) return takenNothing(refusal(state, foreignClient(foreign)))
  for (const slice of slices) await context.inTurn(() => state.document.takeSlice(slice))
  return { outcome: APPLIED, authors, bytes: added }
}

function refusal({ erasedClients }: TextState, verdict: UpdateRefusal): TextOutcome {
  // He writes as a client of the erased history, or builds on what one wrote: he still has it (E5).
  if (verdict.client !== undefined && erasedClients.has(verdict.client)) return refuseErased()
  if (verdict.kind === 'gap') return { status: 'gap' }
  const code = verdict.kind === 'foreign' ? 'foreign_author' : 'refused_change'
  return { status: 'refused', error: new SluiceError(code, verdict.reason) }
}

export const refuseErased = (): TextOutcome => ({ status: 'refused', error: erasedText() })

export const erasedText = (): SluiceError =>
  new SluiceError('erased', 'the text has been erased, and your copy is of before')
