/** `PORT=N node port-holder.ts`: says like the service that it listens, on a port that one has. */
import { createServer } from 'node:http'

const port = Number(process.env.PORT)
createServer().listen(port, '127.0.0.1', () => {
  process.stdout.write(`{"msg":"Server listening at http://127.0.0.1:${port}"}\n`)
})
