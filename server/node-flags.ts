/** How the engine is to use memory, as options of `node`. */
export const NODE_FLAGS = [
  // What is allocated anew before it is cleaned up, in MiB. With V8's own 16, twice of it, most of an idle server's memory
  // would be garbage; with 4, what waits for a commit is copied so often that writes to many records take a third longer.
  // (`--heap-growing-percent=50` was tried, too: a third less memory beside a load, and twice the p99.)
  '--max-semi-space-size=8',
] as const
