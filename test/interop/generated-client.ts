import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

export interface Generation {
  /** Of openapi-generator-cli. */
  readonly version: string
  /** For example `go`. */
  readonly generator: string
  /** The path of the OpenAPI document. */
  readonly document: string
  readonly folder: string
  readonly options: readonly string[]
}

/**
 * Generates a client by openapi-generator, which Maven takes from its repository or from the copy
 * that this machine has. Throws where Maven or Java is missing.
 */
export async function generateClient(wanted: Generation): Promise<void> {
  const { version, generator, document, folder, options } = wanted
  const jar = await fetchGenerator(version, folder)
  const given = ['-i', document, '-g', generator, '-o', folder, ...options]
  await run('java', ['-jar', jar, 'generate', ...given], { maxBuffer: 64 * 1024 * 1024 })
}

async function fetchGenerator(version: string, folder: string): Promise<string> {
  const artifact = `org.openapitools:openapi-generator-cli:${version}`
  const jars = join(folder, '.generator')
  const options = [`-Dartifact=${artifact}`, `-DoutputDirectory=${jars}`]
  await run('mvn', ['--quiet', '--batch-mode', 'dependency:copy', ...options])
  return join(jars, `openapi-generator-cli-${version}.jar`)
}
