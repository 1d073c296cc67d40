/**
 * The floor: the whole service, with one route more that answers a constant. It has the schemas, the
 * configuration and the answer of `/v1/verify`, and all hooks of the application; but it stands outside
 * the authenticated scope, so that neither the caller's token nor the subject's is verified.
 *
 * FLOOR_ANSWER is the constant, as JSON: a verdict that the service gave.
 */
import closeWithGrace from 'close-with-grace'
import { AttemptBody } from '../src/http/native/bodies.ts'
import { VerdictBody } from '../src/http/native/schemas.ts'
import { responses } from '../src/http/responses.ts'
import { ref } from '../src/http/schema-tools.ts'
import { createLog } from '../src/log.ts'
import { createService } from '../src/service.ts'
import { readSettings } from '../src/settings.ts'

const { DATABASE_URL = '', FLOOR_ANSWER = '' } = process.env
const answer = JSON.parse(FLOOR_ANSWER)
const { config, files } = await readSettings(process.env)
const service = await createService({
  config,
  files,
  connection: DATABASE_URL,
  log: createLog(config.LOG_LEVEL),
})
service.app.post(
  '/v1/floor',
  {
    config: { isFrequent: true },
    schema: {
      hide: true,
      body: ref(AttemptBody),
      response: responses({ 200: ref(VerdictBody) }, { body: true }),
    },
  },
  (_request, reply) => {
    reply.header('cache-control', 'no-store')
    return answer
  },
)
await service.app.listen({ host: config.HOST, port: config.PORT })
closeWithGrace({ logger: false }, () => service.stop())
