import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import packageJson from '../../package.json' with { type: 'json' }
import { createLog } from '../../src/process/log.ts'
import { replyTo } from '../../src/process/reply-to-arguments.ts'
import { ConfigError, parseConfig } from '../../src/settings/config.ts'
import { loadSettings } from '../../src/settings/load-settings.ts'
import { Settings } from '../../src/settings/settings-schema.ts'

t.test('every setting has a default or is optional, and has a description', async (t) => {
  const config = parseConfig({})
  t.equal(config.PORT, 8080)
  t.equal(config.HOST, '127.0.0.1')
  t.equal(config.DATABASE_URL, undefined)
  for (const [name, schema] of Object.entries(Settings.properties)) {
    t.ok('description' in schema && schema.description, name)
  }
})

t.test('--help prints every setting with its type, default and meaning', async (t) => {
  const reply = replyTo(['--help'])
  t.equal(reply?.exitCode, 0)
  t.same(replyTo(['-h']), reply)
  t.same(replyTo(['--port', '8081', '--help']), reply)
  const text = reply?.text ?? ''
  t.ok(text.split('\n').every((line) => line.length <= 80))
  // Read again as the reader does: a name, and indented below it all that belongs to it.
  const listed = [...text.matchAll(/^ {2}([A-Z_]+)\n((?: {6}.+\n)+)/gm)].map(
    ([, name, lines = '']) => [name, lines.trim().replaceAll(/\s+/g, ' ')] as const,
  )
  t.same(
    listed.map(([name]) => name),
    Object.keys(Settings.properties),
  )
  for (const [name, schema] of Object.entries(Settings.properties)) {
    const [, meaning = ''] = listed.find((setting) => setting[0] === name) ?? []
    const fallback = 'default' in schema ? schema.default : 'unset'
    t.ok(
      meaning.endsWith(`(default: ${fallback}) ${'description' in schema && schema.description}`),
      name,
    )
  }
  t.match(new Map(listed).get('PORT'), /^an integer from 0 to 65535 /)
  t.match(new Map(listed).get('MIGRATE'), /^one of auto, off /)
  t.match(new Map(listed).get('TRUSTED_PROXIES'), /^addresses and CIDR ranges, /)
  t.match(new Map(listed).get('TOKEN_PREFIX'), /^text that matches \^\[a-z\]/)
  t.match(new Map(listed).get('DATA_DIR'), /^text /)
})

t.test('--version prints the version', async (t) => {
  t.same(replyTo(['--version']), { text: `aeon-keys ${packageJson.version}\n`, exitCode: 0 })
})

t.test('an unknown argument is refused with the setting that is meant, and no value', async (t) => {
  t.equal(replyTo([]), undefined, 'without arguments the process serves')
  const given: readonly [readonly string[], string][] = [
    [['--port', '8081'], ': --port. Settings are environment variables: PORT=... npm start;'],
    [['--port=8081'], ': --port. Settings are environment variables: PORT=... npm start;'],
    [
      ['--database-url=postgres://u:hunter2@h/db'],
      ': --database-url. Settings are environment variables: DATABASE_URL=... npm start;',
    ],
    [
      ['DATABASE_URL=postgres://u:hunter2@h/db'],
      '. Settings are environment variables: DATABASE_URL=... npm start;',
    ],
    [['postgres://u:hunter2@h/db'], '. Settings are environment variables;'],
    [['--hunter2'], '. Settings are environment variables;'],
    [['hunter2'], '. Settings are environment variables;'],
    [['--constructor'], ': --constructor. Settings are environment variables;'],
    [['migrate'], '. Settings are environment variables;'],
    [['-p', '80'], ': -p. Settings are environment variables;'],
    [[''], '. Settings are environment variables;'],
    [['--'], '. Settings are environment variables;'],
  ]
  for (const [args, text] of given) {
    t.same(
      replyTo(args),
      {
        text: `aeon-keys cannot start. Unknown argument${text} \`npm start -- --help\` lists them.\n`,
        exitCode: 2,
      },
      args.join(' '),
    )
  }
})

t.test('an empty setting counts as unset, and numbers are parsed', async (t) => {
  const config = parseConfig({
    PORT: '0',
    HASH_CONCURRENCY: '',
    DATA_DIR: '',
    TOKEN_PREFIX: 'acme',
  })
  t.equal(config.PORT, 0)
  t.equal(config.HASH_CONCURRENCY, 16)
  t.equal(config.DATA_DIR, undefined)
  t.equal(config.TOKEN_PREFIX, 'acme')
})

t.test('a mail server is named by a URL, and mails have a sender', async (t) => {
  const SMTP_FROM = 'keys@example.com'
  for (const SMTP_URL of [
    'smtp://127.0.0.1:2525',
    'SMTPS://mail.example.com',
    'smtps://user:p%40ss@mail.example.com:465/',
    'smtp://[::1]',
  ]) {
    t.same(faultsOf({ SMTP_URL, SMTP_FROM }), [], SMTP_URL)
  }
  for (const SMTP_URL of [
    'mail.example.com',
    'https://mail.example.com',
    'smtp://',
    'smtp://mail.example.com:0',
    'smtp://mail.example.com/path',
    'smtp://mail.example.com?pool=true',
    'smtp://user:100%@mail.example.com',
  ]) {
    const faults = faultsOf({ SMTP_URL, SMTP_FROM })
    t.match(faults, [/^SMTP_URL must be the URL of a mail server/], SMTP_URL)
  }
  const SMTP_URL = 'smtp://127.0.0.1'
  t.match(faultsOf({ SMTP_URL, SMTP_FROM: 'A <a@b.c>' }), [/^SMTP_FROM must be an e-mail address/])
  t.same(faultsOf({ SMTP_URL }), ['SMTP_FROM must be set with SMTP_URL'])
  t.same(faultsOf({ SMTP_FROM }), ['SMTP_FROM must be unset without SMTP_URL'])
})

t.test('all faults of the settings are reported at once, and no value is quoted', async (t) => {
  const env = {
    PORT: '70000',
    CACHE_MAX_KEYS: '1e3',
    HASH_PROFILE: 'fast',
    LOG_LEVEL: 'loud',
    TOKEN_PREFIX: 'Aeon_',
    DATABASE_URL: 'mysql://user:hunter2@host/db',
    TRUSTED_PROXIES: '10.0.0.0/8, hunter2',
    MIGRATE: 'on',
  }
  const error = refusal(() => parseConfig(env))
  t.same(
    error.faults,
    [
      'DATABASE_URL must match ^postgres(ql)?://',
      'CACHE_MAX_KEYS must be an integer from 1 to 10000000',
      'MIGRATE must be one of auto, off',
      'HASH_PROFILE must be one of random, password',
      'PORT must be an integer from 0 to 65535',
      'TOKEN_PREFIX must match ^[a-z][a-z0-9]{0,15}$',
      'TRUSTED_PROXIES must be addresses and CIDR ranges, separated by commas',
      'LOG_LEVEL must be one of trace, debug, info, warn, error, fatal, silent',
    ].toSorted((a, b) => order(a) - order(b)),
  )
  t.notMatch(error.message, /hunter2/)
})

t.test('the address of a server that nothing can reach is refused by name', (t) => {
  const hosts = ['127.0.0.1:99999', '127.0.0.1:0', 'a%zz', '[::1', 'a b', 'u@a', 'a/b', 'a?b', '']
  for (const url of [...hosts.map((host) => `http://${host}`), 'ftp://a', 'a', 'http:\\\\a']) {
    t.match(faultsOf({ PUBLIC_URL: url }), [/^PUBLIC_URL must be a scheme, a host and a port/], url)
    const [fault] = faultsOf({ EDGE_OF: url, EDGE_TOKEN_FILE: 'x' })
    t.match(fault, /^EDGE_OF must be the scheme, host and port/, url)
  }
  t.same(faultsOf({ PUBLIC_URL: 'HTTPS://keys.example' }), [])
  t.equal(faultsOf({ PUBLIC_URL: 'https://keys.example/' }).length, 1)
  t.end()
})

t.test('settings that make no sense together are reported at once', async (t) => {
  const ofEdge = { EDGE_OF: 'https://keys.internal', EDGE_TOKEN_FILE: '/run/secrets/token' }
  const given: readonly [Record<string, string>, readonly string[]][] = [
    [ofEdge, []],
    [{ ...ofEdge, DOCS: 'off', CONSOLE: 'off', EDGES_MAX: '0', WORKERS: '1', DATA_DIR: '' }, []],
    [{ ...ofEdge, EDGE_OF: 'HTTP://[::1]:8080/' }, []],
    [{ ...ofEdge, EDGE_SOCKET: `/${'é'.repeat(53)}` }, []],
    [{ ...ofEdge, EDGE_SOCKET: `/${'é'.repeat(53)}x` }, ['EDGE_SOCKET must be a path of at most']],
    [{ ...ofEdge, EDGE_SOCKET: '/run/keys.sock', EDGE_SOCKET_CALLERS: 'any' }, []],
    [
      { EDGE_OF: 'keys.internal' },
      ['EDGE_OF must be the scheme, host and port', 'EDGE_TOKEN_FILE is required'],
    ],
    [
      {
        ...ofEdge,
        DATABASE_URL: 'postgres://db/keys',
        PEPPER_FILE: 'x',
        WORKERS: '2',
        EDGES_MAX: '1',
      },
      [
        'DATABASE_URL must be unset with EDGE_OF',
        'EDGES_MAX must be 0 with EDGE_OF: an edge has no edges',
        'PEPPER_FILE must be unset with EDGE_OF',
        'WORKERS must be 1 with EDGE_OF',
      ],
    ],
    [
      { EDGE_TOKEN_FILE: 'x', EDGE_SOCKET: 'y', EDGE_SOCKET_MODE: '0666' },
      [
        'EDGE_TOKEN_FILE requires EDGE_OF',
        'EDGE_SOCKET requires EDGE_OF',
        'EDGE_SOCKET_MODE requires EDGE_OF',
      ],
    ],
    [
      { ...ofEdge, EDGE_SOCKET: 'y', PORT: '8080', TRUSTED_PROXIES: '192.0.2.1' },
      ['PORT must be unset with EDGE_SOCKET', 'TRUSTED_PROXIES must be unset with EDGE_SOCKET'],
    ],
    [{ ...ofEdge, EDGE_SOCKET_MODE: '0660' }, ['EDGE_SOCKET_MODE requires EDGE_SOCKET']],
    [{ ...ofEdge, EDGE_SOCKET: 'y', EDGE_SOCKET_MODE: '9' }, ['EDGE_SOCKET_MODE must match']],
  ]
  for (const [env, expected] of given) {
    const faults = faultsOf(env)
    t.equal(faults.length, expected.length, faults.join('; '))
    for (const [index, text] of expected.entries()) t.match(faults[index], text)
  }
})

t.test('faults of files that settings name are reported with the rest', async (t) => {
  const folder = t.testdir({
    peppers: `2026:${Buffer.alloc(32, 1).toString('base64')}\n`,
    short: '2026:aHVzaA==\n',
    'not-json': '{"permissions": [hush',
    'no-catalogue': '{"permissions": [{"name": "Door"}]}',
    token: 'of an earlier start',
  })
  const at = (name: string) => join(folder, name)
  const given: readonly [object, readonly RegExp[]][] = [
    [
      { PEPPER_FILE: at('short') },
      [/^PEPPER_FILE names an invalid file: line 1 must be id:base64/],
    ],
    [{ PEPPER_FILE: at('token') }, [/^PEPPER_FILE names an invalid file: line 1/]],
    [
      { PERMISSIONS_FILE: at('not-json') },
      [/^PERMISSIONS_FILE names an invalid file: the content is not JSON$/],
    ],
    [{ PERMISSIONS_FILE: at('no-catalogue') }, [/^PERMISSIONS_FILE .*\/permissions\/0/]],
    [{ PERMISSIONS_FILE: at('short/hush') }, [/^PERMISSIONS_FILE .* the path does not exist$/]],
    [{ ROOT_TOKEN_FILE: at('short/hush') }, [/^ROOT_TOKEN_FILE .* the path does not exist$/]],
    [
      {
        PORT: 'x',
        PEPPER_FILE: at('hush'),
        PERMISSIONS_FILE: at('hush'),
        ROOT_TOKEN_FILE: at('hush/hush'),
      },
      [/^PORT /, /^PEPPER_FILE /, /^PERMISSIONS_FILE /, /^ROOT_TOKEN_FILE /],
    ],
  ]
  for (const [env, faults] of given) {
    const error = await refusalOf({ ...env })
    t.match(error.faults, faults)
    t.equal(error.faults.length, faults.length)
    t.notMatch(error.message, 'hush', 'neither a path nor what a file holds is repeated')
  }
  const { config, files } = await loadSettings({
    PEPPER_FILE: at('peppers'),
    ROOT_TOKEN_FILE: at('token'),
  })
  t.equal(
    config.ROOT_TOKEN_FILE,
    at('token'),
    'a token of an earlier start is no fault of the settings',
  )
  t.equal(files.peppers.current?.id, '2026')
  t.ok(files.catalogue.length > 10, 'the built-in catalogue')
})

t.test('files that settings name may begin with a byte order mark', async (t) => {
  const permissions = [
    {
      name: 'door:open',
      title: 'Open doors',
      description: '',
      scope: 'account',
      implies: [],
      sensitive: false,
      roles: [],
      aeon: null,
    },
  ]
  const folder = t.testdir({
    peppers: `\ufeff2026:${Buffer.alloc(32, 1).toString('base64')}\n`,
    audit: `\ufeff2027:${Buffer.alloc(32, 2).toString('base64')}\n`,
    permissions: `\ufeff${JSON.stringify({ permissions })}`,
  })
  const { files } = await loadSettings({
    PEPPER_FILE: join(folder, 'peppers'),
    AUDIT_KEY_FILE: join(folder, 'audit'),
    PERMISSIONS_FILE: join(folder, 'permissions'),
  })
  t.equal(files.peppers.current?.id, '2026')
  t.ok(files.auditKeys)
  t.ok(files.catalogue.some(({ name }) => name === 'door:open'))
})

t.test(
  'a permissions file that defines the permissions on users as they are still starts',
  async (t) => {
    // The catalogue of earlier versions defined them; its own files are copies of it.
    const onUsers = (operation: string, title: string, description: string, roles: string[]) => ({
      title,
      description,
      name: `account_user:${operation}`,
      scope: 'account',
      sensitive: operation !== 'read',
      implies: operation === 'read' ? [] : ['account_user:read'],
      roles,
      aeon:
        operation === 'invite'
          ? null
          : { resource_type: 'ACCOUNT_USER', operation_group: operation.toUpperCase() },
    })
    const own = [
      onUsers('invite', 'Invite users', 'Invite users to the account.', []),
      onUsers('read', 'See users', 'List the users of the account.', ['developer', 'viewer']),
      onUsers('update', 'Change the roles of users', 'Give a user another role.', []),
      onUsers('delete', 'Remove users', 'Remove a user from the account.', []),
    ]
    const door = { ...onUsers('read', 'Open the door', '', []), name: 'door:open', aeon: null }
    const [first, ...others] = own
    const folder = t.testdir({
      same: JSON.stringify({ permissions: [...own, door] }),
      other: JSON.stringify({ permissions: [{ ...first, sensitive: false }, ...others, door] }),
    })
    const load = (file: string) => loadSettings({ PERMISSIONS_FILE: join(folder, file) })
    const names = (await load('same')).files.catalogue.map(({ name }) => name)
    t.equal(new Set(names).size, names.length, 'each permission is in the catalogue once')
    for (const { name } of [...own, door]) t.ok(names.includes(name), name)
    await t.rejects(load('other'), { message: /account_user:invite must be defined only once/ })
  },
)

t.test('a setting that names an inaccessible file or folder is reported as such', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'aeon-keys-config-'))
  const at = (name: string) => join(folder, name)
  const [open, closed, locked] = [at('open'), at('closed'), at('locked')]
  await writeFile(open, `2026:${Buffer.alloc(32, 1).toString('base64')}`)
  await writeFile(closed, 'hush')
  await mkdir(locked)
  await chmod(closed, 0)
  await chmod(locked, 0o500)
  await chmod(folder, 0o711)
  // Nothing is closed to root.
  const isRoot = process.geteuid?.() === 0
  if (isRoot) process.seteuid?.(65_534)
  t.teardown(async () => {
    if (isRoot) process.seteuid?.(0)
    await rm(folder, { recursive: true })
  })
  t.ok((await loadSettings({ PEPPER_FILE: open })).files.peppers.current)
  const error = await refusalOf({
    PEPPER_FILE: closed,
    PERMISSIONS_FILE: closed,
    ROOT_TOKEN_FILE: `${locked}/token`,
  })
  t.same(error.faults, [
    'PEPPER_FILE names an unreadable file: permission denied (EACCES)',
    'PERMISSIONS_FILE names an unreadable file: permission denied (EACCES)',
    'ROOT_TOKEN_FILE is in an unwritable directory: permission denied (EACCES)',
  ])
})

t.test('a socket in a folder that does not exist is refused at the start', async (t) => {
  const error = await refusalOf({ EDGE_SOCKET: '/nowhere/keys.sock' })
  const fault = 'EDGE_SOCKET is in an unwritable directory: the path does not exist'
  t.ok(error.faults.includes(fault), error.message)
})

/** The ConfigError that settings are refused with. */
async function refusalOf(env: Parameters<typeof loadSettings>[0]): Promise<ConfigError> {
  const error = await loadSettings(env).then(
    () => undefined,
    (reason: unknown) => reason,
  )
  return refusal(() => {
    throw error
  })
}

/** The ConfigError that an act throws. */
function refusal(act: () => unknown): ConfigError {
  try {
    act()
  } catch (error) {
    if (error instanceof ConfigError) return error
  }
  throw new Error('It was not refused as ConfigError.')
}

function order(fault: string): number {
  return Object.keys(Settings.properties).indexOf(fault.split(' ')[0] ?? '')
}

t.test('a log line contains no token, wherever it was', async (t) => {
  const lines: string[] = []
  const log = createLog('info', { write: (line: string) => void lines.push(line) })
  const secret = 'S'.repeat(43)
  const token = `aeon_${'0'.repeat(22)}${secret}_${'T'.repeat(11)}`
  log.info({ note: `pasted ${token} here` }, `in a message ${token}`)
  log.info({ nested: { token: 'x', authorization: `Bearer ${token}` } })
  log.error({ err: new Error(`failed for ${token}`) })
  t.equal(lines.length, 3)
  for (const line of lines) {
    t.notMatch(line, new RegExp(secret))
    t.equal(typeof JSON.parse(line).time, 'string', 'and it is still JSON')
  }
})

function faultsOf(env: Readonly<Record<string, string>>): readonly string[] {
  try {
    parseConfig(env)
    return []
  } catch (error) {
    if (error instanceof ConfigError) return error.faults
    throw error
  }
}
