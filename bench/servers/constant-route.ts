/**
 * The baseline: a Fastify route that answers a constant, as the shortest Fastify program would have
 * it: no schema, no hook, no log, nobody authenticated. ANSWER is that constant, as JSON.
 */
import fastify from 'fastify'

const { HOST = '', PORT, ANSWER = '' } = process.env
const answer: unknown = JSON.parse(ANSWER)
const app = fastify()
app.post('/v1/verify', () => answer)
app.get('/livez', () => 'ok')
await app.listen({ host: HOST, port: Number(PORT) })
process.once('SIGTERM', () => void app.close())
