import t from 'tap'
import { createTestDatabase } from '../helpers/database.ts'
import { newAccount } from '../helpers/fixtures.ts'
import { audience } from '../helpers/jwt-issuer.ts'
import { startMachineProvider } from '../helpers/machine-provider.ts'
import { writeOidcFile } from '../helpers/oidc-file.ts'
import { assertProblem } from '../helpers/problems.ts'
import { startTestService } from '../helpers/service.ts'

t.test('a machine calls /v1 with the JWT that oidc-provider gives it', async (t) => {
  const database = await createTestDatabase()
  t.teardown(() => database.drop())
  const { root, rootToken, stop } = await startTestService(t, { database })
  const account = await newAccount(root)
  await stop()
  const provider = await startMachineProvider(t, ['deployer', 'stranger'])
  const { issuer } = provider
  const roles = [{ claim: 'groups', value: 'admins', account, role: 'admin' }]
  const entry = { name: 'machines', issuer, client_id: 'aeon-keys', audience, roles }
  const OIDC_FILE = await writeOidcFile(t, [entry])
  const service = await startTestService(t, { database, rootToken, settings: { OIDC_FILE } })

  provider.claims = { groups: ['admins'] }
  const deployer = service.as(await provider.tokenOf('deployer'))
  const issue = { name: 'of a machine', role: 'viewer', expires_at: null }
  const issued = await deployer.post(`/v1/accounts/${account}/api-keys`, issue)
  t.equal(issued.status, 201, issued.text)
  t.match(issued.body.api_key.created_by, { kind: 'user', name: 'deployer', verified: true })

  provider.claims = {}
  const stranger = service.as(await provider.tokenOf('stranger'))
  const refused = await stranger.get('/v1/me')
  assertProblem(t, refused, { status: 403, code: 'permission_denied' }, 'a machine without a role')
})
