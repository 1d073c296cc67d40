/**
 * The library of `ybm` and of the Terraform provider, made from the document of the Aeon API by the
 * generator that makes theirs, and a program that uses it as their code does; and libraries that
 * other generators make. Where a tool is missing, a line says so, unless INTEROP=required.
 */
import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { startAeonService } from '../helpers/aeon.ts'
import { newAccount, newKey } from '../helpers/fixtures.ts'
import { writeOidcFile } from '../helpers/oidc-file.ts'
import { testProvider } from '../helpers/people.ts'
import { generateClient } from './generated-client.ts'

const run = promisify(execFile)
const folder = await mkdtemp(join(tmpdir(), 'aeon-keys-sdk-'))
t.teardown(() => rm(folder, { recursive: true, force: true }))
t.setTimeout(1_500_000)

const settings = { OIDC_FILE: await writeOidcFile(t, [testProvider]) }
const { root, url } = await startAeonService(t, { settings })
const document = join(folder, 'aeon.json')
await writeFile(document, JSON.stringify((await root.get('/openapi/aeon.json')).body))

const missing = await missingTools(
  ['java', '-version'],
  ['mvn', '--version'],
  ['go', 'version'],
  ['python3', '--version'],
)
if (missing.length > 0 && process.env.INTEROP === 'required') {
  throw new Error(`${missing.join(', ')} missing`)
}

if (missing.length > 0) t.comment(`${missing.join(', ')} missing: no Go library was made`)
else {
  t.test('the library of the clients compiles and performs the whole story', async (t) => {
    const story = join(folder, 'story')
    await cp(join(import.meta.dirname, 'go'), story, { recursive: true })
    await generateClient({
      version: '5.2.1',
      generator: 'go',
      document,
      folder: join(story, 'sdk'),
      options: [
        '--git-host=example.com',
        '--git-user-id=aeon',
        '--git-repo-id=sdk',
        '--package-name=ybmclient',
        '--additional-properties=generateInterfaces=true,enumClassPrefix=true',
      ],
    })
    await build(story)
    const account = await newAccount(root)
    const { token } = await newKey(root, account, { name: 'console' })
    const { stdout } = await run(join(story, 'program'), [new URL(url).host], {
      env: { ...process.env, TOKEN: token },
    })
    t.equal(stdout, 'ok\n')
  })

  t.test('openapi-generator 7 makes a Go library that compiles', async (t) => {
    const library = join(folder, 'go7')
    const options = ['--git-user-id=aeon', '--git-repo-id=sdk', '--package-name=ybmclient']
    const wanted = { version: '7.14.0', generator: 'go', document, folder: library, options }
    await generateClient(wanted)
    await build(library)
    t.pass('it compiles')
  })

  t.test('oapi-codegen makes a Go library that compiles', async (t) => {
    if (!(await hasGo(24))) {
      if (process.env.INTEROP === 'required') return t.fail('oapi-codegen needs Go 1.24')
      return t.comment('oapi-codegen needs Go 1.24')
    }
    const library = join(folder, 'oapi-codegen')
    await mkdir(library)
    await writeFile(join(library, 'go.mod'), 'module example.com/aeon/client\n\ngo 1.24\n')
    const tool = 'github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen@v2.5.1'
    const options = ['-generate', 'types,client', '-package', 'client', '-o', 'client.go']
    await run('go', ['run', tool, ...options, document], { cwd: library })
    await build(library)
    t.pass('it compiles')
  })
}

if ((await missingTools(['python3', '--version'])).length > 0) t.comment('Python missing')
else {
  t.test('openapi-python-client makes a library that Python loads', async (t) => {
    const [environment, library] = [join(folder, 'python'), join(folder, 'python-client')]
    await run('python3', ['-m', 'venv', environment])
    const python = join(environment, 'bin', 'python')
    const packages = ['openapi-python-client==0.29.1', 'httpx', 'attrs', 'python-dateutil']
    await run(python, ['-m', 'pip', 'install', '--quiet', ...packages])
    const options = ['--path', document, '--output-path', library, '--meta', 'none']
    const generated = await run(python, ['-m', 'openapi_python_client', 'generate', ...options])
    t.notMatch(generated.stdout, /(?:unable|could not|cannot) /i, 'no operation is left out')
    const load = 'import sys; sys.path.insert(0, sys.argv[1]); import importlib, pkgutil'
    const modules =
      'p = importlib.import_module("python-client"); [importlib.import_module(m.name) for m in pkgutil.walk_packages(p.__path__, p.__name__ + ".")]'
    const create = 'importlib.import_module("python-client.api.auth.create_api_key").sync'
    await run(python, ['-c', `${load}; ${modules}; ${create}`, folder])
    t.pass('every module is loaded')
  })
}
t.pass('the libraries that can be made here were made')

/** Compiles the module of a folder; of a program, to `program`. */
async function build(module: string): Promise<void> {
  const options = { cwd: module, env: { ...process.env, GOFLAGS: '-mod=mod' } }
  await run('go', ['mod', 'tidy'], options)
  await run('go', ['build', '-o', 'program', '.'], options)
}

async function hasGo(minor: number): Promise<boolean> {
  const { stdout } = await run('go', ['env', 'GOVERSION'])
  return Number(/^go1\.(\d+)/.exec(stdout)?.[1]) >= minor
}

async function missingTools(...tools: readonly (readonly [string, string])[]): Promise<string[]> {
  const tried = await Promise.all(
    tools.map(([tool, argument]) =>
      run(tool, [argument]).then(
        () => [],
        () => [tool],
      ),
    ),
  )
  return tried.flat()
}
