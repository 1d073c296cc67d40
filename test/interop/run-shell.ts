import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { endWithParent } from '../helpers/end-with-parent.ts'

/**
 * Runs a script in the folder of this checkout, and returns what it printed. Rejects with all that
 * it printed when it fails.
 */
export async function runShell(
  script: string,
  variables: Readonly<Record<string, string>> = {},
): Promise<string> {
  const { PATH = '', HOME = '' } = process.env
  const child = spawn('sh', ['-eu', '-c', script], {
    cwd: join(import.meta.dirname, '../..'),
    env: { PATH, HOME, LC_ALL: 'C.UTF-8', ...variables },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  endWithParent(child)
  const [printed, errors, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit'),
  ])
  if (code !== 0) throw new Error(`${script}\nended with ${code}:\n${printed}\n${errors}`)
  return printed
}
