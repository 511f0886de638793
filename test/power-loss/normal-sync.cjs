// Loaded into the server of the control run: its SQLite does not synchronize the WAL at each commit, and says it does.
const Database = require('better-sqlite3')

const { pragma } = Database.prototype
Database.prototype.pragma = function (source, options) {
  if (source === 'synchronous = FULL') return pragma.call(this, 'synchronous = NORMAL', options)
  if (source === 'synchronous') return 2
  return pragma.call(this, source, options)
}
