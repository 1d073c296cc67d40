/**
 * Clients of the native API that generators make: hey-api for TypeScript, openapi-generator for Go,
 * Java, Python and C#, oapi-codegen for Go, openapi-python-client for Python. Each tells the story
 * of a key to a running service, and reads answers as a later version may give them: those of the
 * story, and one of every model of an answer. Where a tool is missing, a line says so, unless
 * INTEROP=required. INTEROP_RUST=required tells the story in Rust, too, by openapi-generator:
 * compiling its packages takes a minute of CPU.
 */
import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t, { type Test } from 'tap'
import { startTestService } from '../helpers/service.ts'
import { generateClient } from './generated-client.ts'
import { serveFuture } from './sdks/future.ts'
import { checkModels, futureSamples } from './sdks/future-models.ts'
import { modelTableInGo, modelTableInTypeScript } from './sdks/model-table.ts'

const run = promisify(execFile)
const version = '7.16.0'
const document = join(import.meta.dirname, '../../openapi/openapi.json')
const stories = join(import.meta.dirname, 'sdks')
const folder = await mkdtemp(join(tmpdir(), 'aeon-keys-sdks-'))
t.teardown(() => rm(folder, { recursive: true, force: true }))
t.setTimeout(1_500_000)

const { service, rootToken } = await startTestService(t)
const samples = futureSamples()
const samplesFile = join(folder, 'future.json')
await writeFile(samplesFile, JSON.stringify(samples))
const url = await service.app.listen({ host: '127.0.0.1', port: 0 })
const env = {
  ...process.env,
  NODE_OPTIONS: '',
  BASE_URL: url,
  FUTURE_URL: await serveFuture(t, url),
  FUTURE_MODELS: samplesFile,
  ROOT_TOKEN: rootToken,
}

t.test('a generated client in TypeScript works', (t) =>
  tell(t, ['npm', '--version'], typeScriptStory, false),
)
t.test('a generated client in Go works', (t) => tell(t, ['go', 'version'], goStory))
t.test('a generated client in Java works', (t) => tell(t, ['mvn', '--version'], javaStory))
t.test('a generated client in Python works', (t) => tell(t, ['python3', '--version'], pythonStory))
t.test('a Go client by oapi-codegen works', (t) => tell(t, ['go', 'version'], oapiCodegenStory))
t.test('a Python client by openapi-python-client works', (t) =>
  tell(t, ['python3', '--version'], openapiPythonClientStory),
)
t.test('a generated client in C# works', (t) => tell(t, ['mcs', '--version'], cSharpStory))
if (process.env.INTEROP_RUST === 'required') {
  t.test('a generated client in Rust works', (t) =>
    tell(t, ['cargo', '--version'], rustStory, false),
  )
}

/**
 * Runs a story, which returns what its program printed, where its tool is installed. The types of
 * some languages are checked when they are compiled, and their programs print no models.
 */
async function tell(
  t: Test,
  tool: readonly [string, string],
  story: () => Promise<string>,
  printsModels = true,
) {
  const isThere = await run(tool[0], [tool[1]]).then(
    () => true,
    () => false,
  )
  if (!isThere && process.env.INTEROP !== 'required') return t.comment(`${tool[0]} is missing`)
  const printed = await story()
  t.match(printed, 'told: the story')
  if (printsModels) checkModels(t, samples, printed)
}

async function typeScriptStory(): Promise<string> {
  const place = { cwd: join(import.meta.dirname, '../client'), env }
  await run('npm', ['ci', '--silent'], place)
  const script = (name: string) => join('node_modules', '.bin', name)
  await run(process.execPath, [script('openapi-ts')], place)
  await writeFile(join(place.cwd, 'generated', 'future.ts'), modelTableInTypeScript(samples))
  await run(process.execPath, [script('tsc')], place)
  return (await run(process.execPath, ['story.ts'], place)).stdout
}

async function goStory(): Promise<string> {
  const [library, program] = [join(folder, 'go-client'), join(folder, 'go')]
  const options =
    'packageName=aeonkeys,disallowAdditionalPropertiesIfNotPresent=false,withGoMod=false'
  await generate('go', library, options)
  await cp(join(stories, 'go'), program, { recursive: true })
  await cp(library, join(program, 'aeonkeys'), { recursive: true })
  await addModels(program)
  const go = { cwd: program, env: { ...env, GOFLAGS: '-mod=mod' } }
  await rm(join(program, 'aeonkeys', 'test'), { recursive: true, force: true })
  await run('go', ['mod', 'tidy'], go)
  await run('go', ['build', '-o', 'program', '.'], go)
  return (await run(join(program, 'program'), [], go)).stdout
}

async function addModels(program: string): Promise<void> {
  await cp(join(stories, 'models.go'), join(program, 'models.go'))
  await writeFile(join(program, 'model_table.go'), modelTableInGo(Object.keys(samples)))
}

async function javaStory(): Promise<string> {
  const library = join(folder, 'java')
  const options =
    'library=native,openApiNullable=true,containerDefaultToNull=true,useSingleRequestParameter=true,invokerPackage=keys,apiPackage=keys.api,modelPackage=keys.model'
  await generate('java', library, options)
  await cp(join(stories, 'java', 'Story.java'), join(library, 'src/main/java/Story.java'))
  const maven = { cwd: library, env, maxBuffer: 64 * 1024 * 1024 }
  const quiet = ['--quiet', '--batch-mode']
  await run('mvn', [...quiet, 'compile', 'dependency:copy-dependencies'], maven)
  const path = ['target/classes', 'target/dependency/*'].join(':')
  return (await run('java', ['-cp', path, 'Story'], maven)).stdout
}

async function pythonStory(): Promise<string> {
  const [library, environment] = [join(folder, 'python-client'), join(folder, 'python')]
  await generate('python', library, 'packageName=aeon_keys')
  await run('python3', ['-m', 'venv', environment])
  const python = join(environment, 'bin', 'python')
  await run(python, ['-m', 'pip', 'install', '--quiet', library])
  return (await run(python, [join(stories, 'python', 'story.py')], { env })).stdout
}

async function oapiCodegenStory(): Promise<string> {
  const program = join(folder, 'oapi-codegen')
  await cp(join(stories, 'oapi-codegen'), program, { recursive: true })
  await mkdir(join(program, 'aeonkeys'))
  await addModels(program)
  const go = { cwd: program, env: { ...env, GOFLAGS: '-mod=mod' } }
  const tool = 'github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen@v2.8.2'
  const options = ['-generate', 'types,client', '-package', 'aeonkeys']
  await run('go', ['run', tool, ...options, '-o', 'aeonkeys/client.go', document], go)
  await run('go', ['mod', 'tidy'], go)
  await run('go', ['build', '-o', 'program', '.'], go)
  return (await run(join(program, 'program'), [], go)).stdout
}

async function openapiPythonClientStory(): Promise<string> {
  const [place, environment] = [join(folder, 'python-story'), join(folder, 'openapi-python-client')]
  await run('python3', ['-m', 'venv', environment])
  const python = join(environment, 'bin', 'python')
  await run(python, ['-m', 'pip', 'install', '--quiet', 'openapi-python-client==0.29.1'])
  await cp(join(stories, 'openapi-python-client'), place, { recursive: true })
  const options = ['--output-path', join(place, 'aeon_keys'), '--meta', 'none']
  const asked = ['-m', 'openapi_python_client', 'generate', '--path', document, ...options]
  const { stdout } = await run(python, asked)
  // It leaves out what it cannot make, and says so.
  if (/(?:unable|could not|cannot) /i.test(stdout)) throw new Error(stdout)
  return (await run(python, [join(place, 'story.py')], { env })).stdout
}

/** By the compiler of Mono, with Newtonsoft.Json 12 from npm: the client asks for 13. */
async function cSharpStory(): Promise<string> {
  const program = join(folder, 'csharp')
  const options =
    'library=httpclient,targetFramework=netstandard2.0,packageName=AeonKeys,validatable=false'
  await generate('csharp', program, options)
  await cp(join(stories, 'csharp'), program, { recursive: true })
  const mono = { cwd: program, env, maxBuffer: 64 * 1024 * 1024 }
  const json = 'jillejr.newtonsoft.json-for-unity@12.0.101'
  const { stdout } = await run('npm', ['pack', '--silent', json], mono)
  await run('tar', ['xzf', stdout.trim()], mono)
  const built = join(program, 'package', 'Plugins', 'Newtonsoft.Json Editor', 'Newtonsoft.Json.dll')
  await cp(built, join(program, 'Newtonsoft.Json.dll'))
  const system = ['Net.Http', 'Runtime.Serialization', 'ComponentModel.DataAnnotations', 'Web']
  const parts = ['Newtonsoft.Json', 'Microsoft.CSharp', ...system.map((name) => `System.${name}`)]
  const references = `-r:${parts.map((name) => `${name}.dll`).join(',')}`
  const sources = ['-recurse:src/AeonKeys/*.cs', 'Story.cs', 'UpdateApiKey.cs', 'Polly.cs']
  await run('mcs', ['-langversion:latest', '-out:Story.exe', references, ...sources], mono)
  return (await run('mono', ['Story.exe'], mono)).stdout
}

async function rustStory(): Promise<string> {
  const program = join(folder, 'rust')
  await cp(join(stories, 'rust'), program, { recursive: true })
  await generate('rust', join(program, 'aeon_keys'), 'packageName=aeon_keys')
  const cargo = { cwd: program, env, maxBuffer: 64 * 1024 * 1024 }
  return (await run('cargo', ['run', '--quiet'], cargo)).stdout
}

function generate(generator: string, target: string, options: string): Promise<void> {
  const given = [`--additional-properties=${options}`]
  return generateClient({ version, generator, document, folder: target, options: given })
}
