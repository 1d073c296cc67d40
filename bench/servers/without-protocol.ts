/**
 * The service without the freshness protocol: every cached answer counts as fresh. The difference
 * to the service is what the protocol costs a hot verification.
 */
import { createLog } from '../../src/process/log.ts'
import { createService } from '../../src/process/service.ts'
import { loadSettings } from '../../src/settings/load-settings.ts'

const { DATABASE_URL = '' } = process.env
const { config, files } = await loadSettings(process.env)
const service = await createService({
  config,
  files,
  connection: DATABASE_URL,
  log: createLog(config.LOG_LEVEL),
})
service.deps.cache.mayAnswer = () => true
await service.app.listen({ host: config.HOST, port: config.PORT })
process.once('SIGTERM', () => service.stop())
