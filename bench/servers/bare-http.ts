/**
 * What node:http alone can do: it reads the body, looks at nothing, and answers a constant of the
 * size of a verdict. ANSWER is that constant. `/livez` is for whoever waits for the start.
 */
import { createServer } from 'node:http'

const { HOST, PORT, ANSWER = '' } = process.env
const head = {
  'content-type': 'application/json; charset=utf-8',
  'cache-control': 'no-store',
  'content-length': Buffer.byteLength(ANSWER),
}
const server = createServer((request, response) => {
  request.on('end', () => response.writeHead(200, head).end(ANSWER))
  request.resume()
})
server.listen(Number(PORT), HOST)
process.once('SIGTERM', () => {
  server.close()
  server.closeAllConnections()
})
