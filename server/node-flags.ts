/** How the engine is to use memory, as options of `node`. */
export const NODE_FLAGS = [
  // What is allocated anew before it is cleaned up, in MiB. With V8's own 16, twice of it, most of an idle server's memory
  // would be garbage; with 4, what waits for a commit is copied so often that writes to many records take a third longer.
  '--max-semi-space-size=8',
  // How much garbage may gather beside what is in use, in percent of it: V8 itself allows up to four times as much, and the
  // server's memory would follow its load instead of what it is set to keep.
  '--heap-growing-percent=50',
] as const
