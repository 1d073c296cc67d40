import { spawn } from 'node:child_process'

/** PostgreSQL outlives a killed Patroni, and must not outlive this process. */
export function killWithParent(pidFile: string): { end(): void } {
  const script = 'read -r line; pid=$(head -n 1 "$1") && kill -s KILL "$pid"'
  const guard = spawn('/bin/sh', ['-c', script, 'sh', pidFile], {
    stdio: ['pipe', 'ignore', 'ignore'],
    cwd: '/',
    detached: true,
  })
  guard.unref()
  return { end: () => guard.stdin.end() }
}
