// Tells the parent where a server listens, once it does.
export function announce(server) {
  server.listen(0, '127.0.0.1', () => console.log(`listening on ${server.address().port}`))
}
