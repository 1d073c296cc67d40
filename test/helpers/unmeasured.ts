/**
 * The command that runs a source in a Node of its own, as operators run it. tap puts itself into
 * whatever a test starts, by NODE_OPTIONS and past any environment that the test gives, and counts
 * each line that runs: a start takes three times as long then. With its whole young generation at
 * once, a start collects hardly any garbage, which is a sixth of its CPU time.
 */
export function unmeasured(
  source: string,
  ...args: readonly string[]
): [command: string, args: string[]] {
  return [
    'env',
    ['-u', 'NODE_OPTIONS', process.execPath, '--min-semi-space-size=16', source, ...args],
  ]
}
