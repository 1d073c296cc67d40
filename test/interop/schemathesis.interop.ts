/**
 * Both documents under Schemathesis: every operation with generated values, valid and not, on ids
 * that exist, and all checks of the answers, in all phases. Where Python is missing, a line says
 * so, unless INTEROP=required. SCHEMATHESIS_SEED tries other values, SCHEMATHESIS_EXAMPLES other
 * numbers, SCHEMATHESIS_PATHS only the paths that a regular expression matches.
 */
import { execFile } from 'node:child_process'
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t, { type Test } from 'tap'
import type { Json } from '../helpers/api.ts'
import { exampleProvider, writeOidcFile } from '../helpers/oidc-file.ts'
import { startTestService } from '../helpers/service.ts'
import { type Answers, countAnswers } from './schemathesis/answers.ts'
import { configurationOf } from './schemathesis/configuration.ts'
import { seed } from './schemathesis/seed.ts'

const run = promisify(execFile)
const sources = join(import.meta.dirname, 'schemathesis')
const documents = join(import.meta.dirname, '../../openapi')
const {
  SCHEMATHESIS_SEED = '17',
  SCHEMATHESIS_EXAMPLES = '150',
  SCHEMATHESIS_PATHS = '',
} = process.env
const folder = await mkdtemp(join(tmpdir(), 'aeon-keys-schemathesis-'))
t.teardown(() => rm(folder, { recursive: true, force: true }))
t.setTimeout(1_800_000)
// Schemathesis uses one core.
t.jobs = 2

const bin = join(folder, 'python', 'bin')
const isInstalled = await install()
if (!isInstalled) t.comment('Schemathesis is not to be had: not tried')
else {
  t.test('Schemathesis finds no fault in the answers of the native API', (t) =>
    tryDocument(t, 'openapi.json', 'bearer'),
  )
  t.test('Schemathesis finds no fault in the answers of the Aeon API', (t) =>
    tryDocument(t, 'aeon.json', 'BearerAuthToken'),
  )
}
t.pass('the documents that can be tried here were tried')

async function tryDocument(t: Test, document: string, scheme: string): Promise<void> {
  const { paths }: Json = JSON.parse(await readFile(join(documents, document), 'utf8'))
  if (!Object.keys(paths).some((path) => new RegExp(SCHEMATHESIS_PATHS).test(path))) {
    return t.comment(`${document} has no path that ${SCHEMATHESIS_PATHS} matches`)
  }
  // The metadata of OAuth is served only with an address of the service.
  const settings = {
    LOG_LEVEL: 'warn',
    PUBLIC_URL: 'https://keys.example.com',
    OIDC_FILE: await writeOidcFile(t, [exampleProvider]),
  }
  const service = await startTestService(t, { settings })
  const url = await service.service.app.listen({ host: '127.0.0.1', port: 0 })
  const seeded = await seed(service)
  const place = join(folder, document)
  await cp(sources, place, { recursive: true })
  const configuration = join(place, 'schemathesis.toml')
  await writeFile(configuration, configurationOf(seeded, scheme, service.rootToken))
  const [report, answers] = [join(place, 'report.json'), join(place, 'answers.json')]
  const asked = [
    ...['--config-file', configuration, 'run', join(documents, document), '--url', url],
    ...['--max-examples', SCHEMATHESIS_EXAMPLES, '--seed', SCHEMATHESIS_SEED, '--no-color'],
    ...['--include-path-regex', SCHEMATHESIS_PATHS],
    ...['--generation-database', 'none', '--report', 'json', '--report-json-path', report],
    // It measures how fast the machine is.
    ...['--suppress-health-check', 'too_slow'],
  ]
  const env = {
    ...process.env,
    SCHEMATHESIS_HOOKS: 'hooks',
    PYTHONPATH: place,
    ROOT_TOKEN: service.rootToken,
    ROOT_KEY: seeded.rootKey,
    PLATFORM: seeded.platform,
    ROTATING_TOKEN: seeded.rotating,
    REMOVABLE: JSON.stringify(seeded.removable),
    ANSWERS: answers,
  }
  const options = { cwd: place, env, maxBuffer: 256 * 1024 * 1024 }
  // A failure is an exit code: the report has it too.
  const { stdout } = await run(join(bin, 'schemathesis'), asked, options).catch(
    (error: { stdout: string }) => error,
  )
  const found: Json = JSON.parse(await readFile(report, 'utf8'))
  t.same(found.failures, [], stdout.slice(stdout.indexOf('= FAILURES')).slice(0, 20_000))
  t.equal(found.exit_code, 0, stdout.slice(stdout.indexOf('= ERRORS')).slice(0, 20_000))
  t.equal(found.test_cases.errored, 0)
  const given: Answers = JSON.parse(await readFile(answers, 'utf8'))
  checkAnswers(t, given, found.operations.selected)
  t.comment(`${document}: ${found.test_cases.generated} cases, ${found.running_time} s`)
}

/** A run in which operations are left out, or only refused, finds no fault either. */
function checkAnswers(t: Test, answers: Answers, operations: number): void {
  const examples = Number(SCHEMATHESIS_EXAMPLES)
  const counted = countAnswers(answers)
  t.equal(counted.length, operations, 'every operation is asked')
  // Less often where it has soon tried all values: a DELETE takes an id and nothing else.
  t.same(
    counted.filter(({ asked, takesValues }) => asked < (takesValues ? examples / 2 : 10)),
    [],
    'every operation is asked often',
  )
  t.same(
    counted.filter(({ succeeded }) => succeeded === 0),
    [],
    'every operation succeeds with some of its valid requests',
  )
  const asked = counted.map((operation) => operation.asked)
  t.comment(`by operation: ${Math.min(...asked)} to ${Math.max(...asked)} requests`)
}

/** Whether an environment with Schemathesis could be made. */
async function install(): Promise<boolean> {
  const packages = join(sources, 'requirements.txt')
  try {
    await run('python3', ['-m', 'venv', join(folder, 'python')])
    await run(join(bin, 'pip'), ['install', '--quiet', '--requirement', packages])
    return true
  } catch (error) {
    if (process.env.INTEROP === 'required') throw error
    return false
  }
}
