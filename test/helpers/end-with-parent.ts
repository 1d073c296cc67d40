import { type ChildProcess, spawn } from 'node:child_process'
import type { Writable } from 'node:stream'

/**
 * Receives the pid of every child that must not outlive this process; undefined before the first.
 */
let guard: Writable | undefined

/**
 * Ends a child process, and the group that it leads, when this process ends in any way: by kill -9,
 * by a runner's timeout, by a crash, or while the child is stopped. Call it in the same turn of the
 * event loop as the spawn.
 */
export function endWithParent(child: ChildProcess): void {
  const { pid } = child
  if (pid === undefined) return
  guard ??= startGuard()
  const pipe = guard
  pipe.write(`+ ${pid}\n`)
  // The pid of a process that has ended may be reused by another program.
  child.once('exit', () => pipe.write(`- ${pid}\n`))
}

/**
 * A shell holds one end of a pipe to this process, and notices by the end of the pipe that this
 * process is gone, however it ended. A process session of its own keeps a Ctrl-C at the terminal
 * from ending the shell first.
 */
function startGuard(): Writable {
  const shell = spawn('/bin/sh', ['-c', GUARD, 'end-with-parent'], {
    cwd: '/',
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  shell.unref()
  const { stdin } = shell
  stdin.on('error', () => undefined)
  if ('unref' in stdin && typeof stdin.unref === 'function') stdin.unref()
  return stdin
}

const GUARD = `
pids=
while read -r sign pid; do
  case $sign in
    +) pids="$pids $pid" ;;
    -)
      kept=
      for one in $pids; do [ "$one" = "$pid" ] || kept="$kept $one"; done
      pids=$kept
      ;;
  esac
done
for pid in $pids; do
  kill -s KILL -- "-$pid"
  kill -s KILL "$pid"
done`
