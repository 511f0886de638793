/**
 * Finds the handlers of a request by one regular expression for all paths: the tree that hono uses otherwise takes longer
 * than to read a record. That expression takes no exact path in the place of a parameter, `/conflicts/bulk` beside
 * `/conflicts/:id/comments`: such paths have one of their own.
 */
import type { Result, Router } from 'hono/router'
import { UnsupportedPathError } from 'hono/router'
import { RegExpRouter } from 'hono/router/reg-exp-router'

export class PathRouter<T> implements Router<T> {
  readonly name = 'PathRouter'
  readonly #most = new RegExpRouter<T>()
  readonly #exact = new RegExpRouter<T>()
  /** Methods and paths that `#exact` knows. */
  readonly #exactPaths = new Set<string>()

  /** @throws UnsupportedPathError for a path with a parameter that stands beside an exact one: add it before that. */
  add(method: string, path: string, handler: T): void {
    // What is asked of every request comes before both.
    if (path.includes('*')) this.#exact.add(method, path, handler)
    if (!this.#exactPaths.has(`${method} ${path}`)) {
      try {
        return this.#most.add(method, path, handler)
      } catch (error) {
        if (!(error instanceof UnsupportedPathError) || path.includes(':')) throw error
      }
    }
    this.#exact.add(method, path, handler)
    this.#exactPaths.add(`${method} ${path}`)
  }

  match(method: string, path: string): Result<T> {
    return (this.#exactPaths.has(`${method} ${path}`) ? this.#exact : this.#most).match(method, path)
  }
}
