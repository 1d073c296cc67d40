import { type ChildProcess, spawn } from 'node:child_process'
import type { Writable } from 'node:stream'

/** Told of every child that must not outlive this process; undefined until the first. */
let guard: Writable | undefined

/**
 * Ends a child process, and the group that it leads, when this process ends in any way: by kill -9,
 * by a runner's timeout, by a crash, or while the child is stopped. Call it in the turn of the event
 * loop that spawned the child.
 */
export function endWithParent(child: ChildProcess): void {
  const { pid } = child
  if (pid === undefined) return
  guard ??= startGuard()
  const told = guard
  told.write(`+ ${pid}\n`)
  // The number of a process that has ended may become that of a stranger.
  child.once('exit', () => told.write(`- ${pid}\n`))
}

/**
 * A shell holds one end of a pipe to this process. The end of the pipe tells it that this process is
 * gone, however it went. A session of its own keeps a Ctrl-C at the terminal from ending it first.
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
