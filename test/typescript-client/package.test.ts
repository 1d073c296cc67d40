/** The package as users get it: built, with what it depends on and nothing else installed. */
import { execFile } from 'node:child_process'
import { cp, readdir, readFile, stat, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { unmeasured } from '../helpers/unmeasured.ts'

const root = join(import.meta.dirname, '../..')
const execute = promisify(execFile)
const run = ([source = '', ...args]: readonly string[], cwd = root) =>
  execute(...unmeasured(source, ...args), { cwd })
const source = join(root, 'clients/typescript')
/** What is installed: the code and its types. */
const maxBytes = 208 * 1024

t.test(
  'the built package runs with its one dependency, is small, and its types compile',
  async (t) => {
    const user = t.testdir({
      'package.json': '{"type":"module"}',
      node_modules: { '@aeon-keys': { client: {} } },
      'use.ts': `
      import { createVerifier, type Verdict, VerifierError } from '@aeon-keys/client'
      import { requireApiKey } from '@aeon-keys/client/express'
      import { createTestVerifier } from '@aeon-keys/client/testing'

      const verifier = createVerifier({ url: 'http://127.0.0.1:1', token: 'a', timeoutMs: 1000 })
      const error: unknown = await verifier.verify('a.b.c').catch((error: unknown) => error)
      const verdict: Verdict = await createTestVerifier({ good: ['a:read'] }).verify('good')
      if (verdict.valid) console.log(verdict.permissions.join(), verdict.api_key.role.name)
      else console.log(verdict.reason)
      console.log(error instanceof VerifierError && error.code, typeof requireApiKey(verifier))
      console.log(verifier.verifySync('a.b.c'), (await verifier.ready()).isReady)
      await verifier.close()
    `,
    })
    const installed = join(user, 'node_modules/@aeon-keys/client')
    const tsc = join(root, 'node_modules/typescript/bin/tsc')
    await run([tsc, '-p', source, '--outDir', join(installed, 'dist')])
    await cp(join(source, 'package.json'), join(installed, 'package.json'))

    const files = await readdir(join(installed, 'dist'), { recursive: true, withFileTypes: true })
    const paths = files
      .filter((file) => file.isFile())
      .map((file) => join(file.parentPath, file.name))
    const sizes = await Promise.all(paths.map(async (path) => (await stat(path)).size))
    const bytes = sizes.reduce((sum, size) => sum + size, 0)
    t.ok(bytes > 0 && bytes <= maxBytes, `${bytes} bytes`)

    const { exports } = JSON.parse(await readFile(join(installed, 'package.json'), 'utf8'))
    for (const { types, default: code } of Object.values<Record<string, string>>(exports)) {
      t.ok(paths.includes(join(installed, types ?? '')), `types: ${types}`)
      t.ok(paths.includes(join(installed, code ?? '')), `code: ${code}`)
    }

    await symlink(join(root, 'node_modules/ws'), join(user, 'node_modules/ws'))
    await symlink(join(root, 'node_modules/@types'), join(user, 'node_modules/@types'))
    const options = ['--ignoreConfig', '--strict', '--types', 'node', '--target', 'es2022']
    options.push('--module', 'nodenext')
    await run([tsc, ...options, 'use.ts'], user)
    const { stdout } = await run(['use.js'], user)
    t.equal(stdout, 'a:read a role of a test\nunavailable function\nundefined false\n')
  },
)
