/**
 * The service under scripts/overload.ts, which forks it: it listens on any port, and tells its
 * parent where, with as many token strings as asked for that it has never seen: forms of the root
 * token.
 */
import { sealJwtForm } from '../src/domain/token/jwt-form.ts'
import { parseToken } from '../src/domain/token/token.ts'
import { createLog } from '../src/process/log.ts'
import { createService } from '../src/process/service.ts'
import { loadSettings } from '../src/settings/load-settings.ts'

export interface Served {
  readonly url: string
  readonly rootToken: string
  readonly tokens: readonly string[]
}

const forms = Number(process.argv[2])
const { config, files } = await loadSettings(process.env)
let rootToken = ''
const service = await createService({
  config,
  files,
  connection: config.DATABASE_URL ?? '',
  log: createLog(config.LOG_LEVEL),
  keepRootToken: async (token) => {
    rootToken = token
  },
})
const url = await service.app.listen({ host: '127.0.0.1', port: 0 })
const token = parseToken(rootToken)
if (token === undefined) throw new Error('No root token was made.')
const tagKey = service.deps.keyring.signing
const tokens = Array.from({ length: forms }, (_, index) =>
  sealJwtForm({ token, issuedAt: new Date(index * 1_000), expiresAt: null, tagKey }),
)
process.send?.({ url, rootToken, tokens } satisfies Served)
// The parent disconnects when it is done, or when it ends otherwise.
process.once('disconnect', () => void service.stop())
