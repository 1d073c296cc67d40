import fastify from 'fastify'

/** The answer of the home-made server and of better-auth about a token. */
export interface Answer {
  readonly valid: boolean
  readonly api_key?: {
    readonly id: string
    readonly name: string | null
    readonly expires_at: string | null
  }
  readonly permissions?: readonly string[]
}

const answerSchema = {
  type: 'object',
  properties: {
    valid: { type: 'boolean' },
    api_key: {
      type: 'object',
      properties: {
        id: { type: 'string' },
        name: { type: ['string', 'null'] },
        expires_at: { type: ['string', 'null'] },
      },
    },
    permissions: { type: 'array', items: { type: 'string' } },
  },
}
const bodySchema = {
  type: 'object',
  required: ['token'],
  properties: { token: { type: 'string' } },
}

/** Serves `POST /v1/verify` with schemas compiled both ways, and neither a hook nor a log. */
export async function serveVerify(verify: (token: string) => Promise<Answer>): Promise<void> {
  const { HOST = '', PORT } = process.env
  const app = fastify()
  app.post<{ Body: { token: string } }>(
    '/v1/verify',
    { schema: { body: bodySchema, response: { 200: answerSchema } } },
    (request) => verify(request.body.token),
  )
  app.get('/livez', () => 'ok')
  await app.listen({ host: HOST, port: Number(PORT) })
  process.once('SIGTERM', () => void app.close().then(() => process.exit()))
}
