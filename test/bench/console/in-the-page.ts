// What is measured in the page itself, where nothing lies between the clock and what a person sees. Each function stands
// alone: it is sent to the browser as text.

interface Scrolled {
  /** Milliseconds between frames. */
  readonly frames: readonly number[]
  readonly ms: number
  readonly rowsMax: number
}

interface Decided {
  /** From the key to the next conflict in the document. Milliseconds. */
  readonly there: readonly number[]
  /** From the key to the frame that shows it: without a graphics processor the browser draws some late. */
  readonly drawn: readonly number[]
}

/** Decides one after the other by the keyboard. */
async function decide(count: number): Promise<Decided> {
  const frame = (): Promise<number> => new Promise((resolve) => requestAnimationFrame(resolve))
  const shown = (): string | null => document.querySelector('article')?.getAttribute('aria-label') ?? null
  const there: number[] = []
  const drawn: number[] = []
  for (let made = 0; made < count; made++) {
    const before = shown()
    const start = performance.now()
    const isThere = new Promise<number>((resolve) => {
      const observer = new MutationObserver(() => {
        if (shown() === before) return
        observer.disconnect()
        resolve(performance.now() - start)
      })
      observer.observe(document.body, { subtree: true, childList: true, attributes: true })
    })
    document.body.dispatchEvent(new KeyboardEvent('keydown', { key: '1', bubbles: true, cancelable: true }))
    there.push(await isThere)
    // What has been drawn in a frame is seen when the next one begins.
    await frame()
    await frame()
    drawn.push(performance.now() - start)
    // A person looks before he decides.
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  return { there, drawn }
}

/** Scrolls down, some rows a frame, until there is no more to read. */
async function scrollThrough(rowsPerFrame: number): Promise<Scrolled> {
  const frame = (): Promise<number> => new Promise((resolve) => requestAnimationFrame(resolve))
  const list = document.querySelector('[role="listbox"]')
  if (list === null) throw new Error('there is no list')
  const count = (): string => list.parentElement?.lastElementChild?.textContent ?? ''
  const frames: number[] = []
  const start = performance.now()
  let rowsMax = 0
  for (let last = await frame(); ; ) {
    list.scrollBy(0, rowsPerFrame * 64)
    const now = await frame()
    frames.push(now - last)
    last = now
    rowsMax = Math.max(rowsMax, list.querySelectorAll('[role="option"]').length)
    const isAtEnd = list.scrollTop + list.clientHeight >= list.scrollHeight - 1
    if (isAtEnd && !count().endsWith('+')) break
  }
  const ms = performance.now() - start
  list.scrollTo(0, 0)
  await frame()
  return { frames, ms, rowsMax }
}

/** Scrolls from the first to the last in so many frames, as somebody does who drags the bar. */
async function scrollOver(count: number): Promise<Scrolled> {
  const frame = (): Promise<number> => new Promise((resolve) => requestAnimationFrame(resolve))
  const list = document.querySelector('[role="listbox"]')
  if (list === null) throw new Error('there is no list')
  const frames: number[] = []
  const start = performance.now()
  let rowsMax = 0
  let last = await frame()
  for (let made = 1; made <= count; made++) {
    list.scrollTo(0, (list.scrollHeight * made) / count)
    const now = await frame()
    frames.push(now - last)
    last = now
    rowsMax = Math.max(rowsMax, list.querySelectorAll('[role="option"]').length)
  }
  const ms = performance.now() - start
  list.scrollTo(0, 0)
  await frame()
  return { frames, ms, rowsMax }
}

export const inThePage = { decide, scrollThrough, scrollOver }
