// Runs in every client's page: starts the client as its address says, and tells the console when all of the content is shown,
// counted from when the browser began to load the page. Nobody looks into the page meanwhile: that would take it 10 ms.

export interface BenchClient {
  /** Names the document that was opened, where the client has made the name. */
  readonly document?: string
  /** What is shown now. */
  read(): string | null
  write(content: readonly string[]): void
  onChange(listener: () => void): void
}

export interface Opening {
  readonly port: string
  readonly kind: 'text' | 'record'
  /** Empty if there is none yet. */
  readonly document: string
}

export interface Shown {
  readonly shownMs: number
  readonly document: string
}

/** How what is told begins. */
export const SHOWN = 'shown '

const PIECES = 200
const PIECE =
  'The quick brown fox jumps over the lazy dog, and the dog does not mind being jumped over at all, so. '

/** What is written, a piece at a time: of a record the pieces are the values of its fields. */
const contents = {
  text: Array.from({ length: PIECES }, () => PIECE),
  record: ['Pump of the second floor', '12.5', '5 mg', 'urgent'],
} as const

export async function runClient(start: (opening: Opening) => Promise<BenchClient>): Promise<void> {
  const query = new URLSearchParams(location.search)
  const kind = query.get('kind') === 'record' ? 'record' : 'text'
  const content = contents[kind]
  const client = await start({ port: query.get('port') ?? '', kind, document: query.get('document') ?? '' })
  let isShown = false
  const look = (): void => {
    if (isShown || client.read() !== content.join('')) return
    isShown = true
    const shown: Shown = { shownMs: performance.now(), document: client.document ?? 'bench' }
    console.log(SHOWN + JSON.stringify(shown))
  }
  client.onChange(look)
  if (query.has('writes')) client.write(content)
  look()
}
