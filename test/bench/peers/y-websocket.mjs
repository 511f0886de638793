// The reference server of y-websocket. Documents are in memory only.
import { createServer } from 'node:http'
import { setupWSConnection } from '@y/websocket-server/utils'
import { WebSocketServer } from 'ws'
import { announce } from './listen.mjs'

const server = createServer()
new WebSocketServer({ server }).on('connection', setupWSConnection)
announce(server)
