/** What OIDC_FILE may say of a provider. */
import t from 'tap'
import { parseOidcFile } from '../../src/oidc/parse-oidc-file.ts'

const provider = {
  name: 'corp',
  issuer: 'https://login.example.com',
  client_id: 'aeon-keys',
  roles: [],
}
const account = '0192f3a4-5b6c-7d8e-9f01-23456789abcd'
const rule = { claim: 'groups', value: 'staff', account, role: 'viewer' }

t.test('a provider in OIDC_FILE gets defaults for what it leaves out', async (t) => {
  t.same(parseOidcFile({ providers: [provider] }), [
    {
      name: 'corp',
      label: 'corp',
      issuer: 'https://login.example.com',
      clientId: 'aeon-keys',
      clientSecretFile: undefined,
      scopes: ['openid', 'email', 'profile'],
      origins: [],
      audience: undefined,
      rules: [],
    },
  ])
  const whole = {
    ...provider,
    label: 'Exämple Corp',
    client_secret_file: '/run/secrets/oidc-corp',
    scopes: ['groups'],
    origins: ['https://oauth2.googleapis.com', 'http://127.0.0.1:8080'],
    roles: [{ ...rule, account: account.toUpperCase() }],
  }
  t.match(parseOidcFile({ providers: [whole] }), [
    {
      label: 'Exämple Corp',
      clientSecretFile: '/run/secrets/oidc-corp',
      scopes: ['openid', 'groups'],
      origins: ['https://oauth2.googleapis.com', 'http://127.0.0.1:8080'],
      rules: [{ claim: 'groups', value: 'staff', role: 'viewer', accountId: account }],
    },
  ])
})

t.test('an issuer in OIDC_FILE is an https URL, or an http URL of this machine', async (t) => {
  const parse = (issuer: string) => parseOidcFile({ providers: [{ ...provider, issuer }] })
  for (const issuer of [
    'https://login.example.com/realms/one',
    'https://login.example.com/',
    'http://localhost:3000',
    'http://127.0.0.1:3000',
    'http://[::1]:3000',
  ]) {
    t.match(parse(issuer), [{ issuer }], 'letter by letter')
  }
  const fault = '/providers/0/issuer must be an https URL, or an http URL of a loopback address'
  for (const issuer of [
    'http://login.example.com',
    'http://127.0.0.1.example.com',
    'https://login.example.com?tenant=1',
    'https://login.example.com#one',
    'https://user@login.example.com',
    'login.example.com',
    'https:login.example.com',
    'https:\\\\login.example.com',
    ' https://login.example.com',
    'https://login.example.com\n',
    'https://login\t.example.com',
    'file:///etc/passwd',
  ]) {
    t.throws(() => parse(issuer), { message: fault }, issuer)
  }
})

t.test('a fault in OIDC_FILE is named, and its value never repeated', async (t) => {
  const faulty: readonly (readonly [fault: string, differing: object])[] = [
    ['/providers/0/name', { name: 'Corp' }],
    ['/providers/0/name', { name: 'corp/callback' }],
    ['/providers/0/label', { label: ' ' }],
    ['/providers/0/label', { label: 'canary\nline' }],
    ['/providers/0/label', { label: 'canary \u202e reversed' }],
    ['/providers/0/client_id', { client_id: '' }],
    ['/providers/0', { client_secret: 'canary' }],
    ['/providers/0/scopes/0', { scopes: ['open id'] }],
    ['/providers/0/origins/0', { origins: ['http://canary.example.com'] }],
    ['/providers/0/origins/0', { origins: ['https://canary.example.com/path'] }],
    ['/providers/0 must have', { roles: undefined }],
    ['/providers/0/roles/0 must have either', { roles: [{ ...rule, platform: true }] }],
    ['/providers/0/roles/0 must have either', { roles: [{ ...rule, account: undefined }] }],
    ['/providers/0/roles/0/account', { roles: [{ ...rule, account: 'canary' }] }],
  ]
  for (const [fault, differing] of faulty) {
    const file = JSON.parse(JSON.stringify({ providers: [{ ...provider, ...differing }] }))
    try {
      parseOidcFile(file)
      t.fail(fault)
    } catch (error) {
      const message = error instanceof Error ? error.message : ''
      t.ok(message.startsWith(fault), message)
      t.notMatch(message, 'canary')
    }
  }
  const twice = { ...provider, name: 'other', client_id: 'two' }
  t.throws(() => parseOidcFile({ providers: [provider, twice] }), /two providers have one issuer/)
  const namesake = { ...provider, issuer: 'https://other.example.com' }
  t.throws(() => parseOidcFile({ providers: [provider, namesake] }), /two providers are named corp/)
})

t.test('the audience of a deployment is never a client id', async (t) => {
  const other = { ...provider, name: 'other', issuer: 'https://other.example', client_id: 'two' }
  const parse = (audience: unknown) =>
    parseOidcFile({ providers: [{ ...provider, audience }, other] })
  t.match(parse('https://keys.example.com'), [{ audience: 'https://keys.example.com' }, {}])
  for (const clientId of ['aeon-keys', 'two']) {
    t.throws(() => parse(clientId), { message: '/providers/0/audience must not be a client id' })
  }
  for (const audience of ['', 7, ['a']]) t.throws(() => parse(audience), /\/providers\/0\/audience/)
})
