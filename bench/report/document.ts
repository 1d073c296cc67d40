import type { DatedResult, Results } from '../results.ts'
import { scenarios } from '../scenarios.ts'
import { median } from '../statistics.ts'
import { plotsOf } from './plots.ts'
import { reasonsOf } from './reasons.ts'
import { goalsTable, tablesOf } from './tables.ts'

/** The whole of docs/performance.md. */
export function documentOf(results: Results): string {
  return `# Performance

\`npm run bench -- --write\` writes this page; it is not edited by hand.
${circumstances(results)}

Every goal is a ratio between things that took turns in one run, or a limit. Absolute figures are those of
one machine on which the service, PostgreSQL and the load generator share the cores: they say what is
dear and what is cheap, and nothing of another machine.

## Goals

${goalsTable(results)}

${plotsOf(results)
  .map(({ file, title }) => `![${title}](performance/${file})`)
  .join('\n\n')}

${missedSection(results)}## What was measured

${tablesOf(results)}

## How it is measured

**Turns.** The contenders of a part take turns, round after round, after a warm-up. A ratio is taken
within a round, and the median of the rounds is shown, so that what else the machine does meets all alike. A
turn of hot verifications lasts 10 s, as long as uses are counted until they are written, so that each has
the one flush that falls to it.

**Load.** One generator, wrk with one thread, asks all of them over 32 connections that are kept alive and
never pipelined, each asking again once it is answered. nginx and \`node:http\` with a constant show how
much it can ask for. Where a rate is given, a generator of our own keeps to it whatever the answers take,
and counts latency from when a request was due (\`bench/load/open-loop.ts\`).

**Correctness.** The status and the verdict of every answer are looked at, and one wrong answer fails the
run. After each round the service's own counters must tell that it verified what was sent, and whether by
memory or by Argon2. A peer must refuse an unknown token before it is measured.

**CPU time** is that of all threads of the server's processes, user and system, from \`/proc\`, divided by
the requests; that of the database, of the processes behind its connections. A ratio of CPU times is
turned so that more is better, where it stands beside one of rates.

**The floor** is the whole service with the verification that was asked for taken out
(\`bench/servers/baseline.ts\`). The route is \`/v1/verify\`, with its schemas, its hooks, which authenticate
the caller, its access rules, its wording of the verdict, its log and its metrics. But for the subject
\`verify\` answers a constant. What is left between the floor and the service is the cost of the
verification. Authenticating the caller costs as much again: a second floor, without a goal, takes that
for granted too. The shortest Fastify program that answers the same constant, with nobody authenticated
and nothing logged or counted, stands beside them. For each round the servers are started anew, since V8
makes of the same code in one process what is a fifth slower than in another.

**The profile** is V8's own, by its inspector, of one process each: which function the time was spent in,
what it called not included. Being watched costs some of it. Functions that the service adds come first.

**Cold** is the first sight of a token after a start: each is sent once to a service that was just started
and has verified 10,000 others, by when V8 has compiled most of what it asks. The ceiling is the bare
Argon2 library in a process of its own, at whichever concurrency does most, measured before each of these
starts. For growth, memory has room for 128 keys and 500 are asked for in turn, so that each has been
forgotten when it comes again.

**Lists** are pages of 20 keys, or of none, whatever the size of the account: each state has at
least as many among a thousand keys.

**Keys** are spread over two years in their tables, in no order. Of the million, 20,000 have a secret; the
rest has hashes of the same shape. PostgreSQL does not wait for the disk (\`fsync\` is off), which favours
those who write at each verification. A Zipf mix asks for the key of rank r with a weight of 1 / r.

**Peers** run in a process of their own with Node's own defaults, on the same PostgreSQL, with as many keys
and connections to it. Their transactions and the rows they wrote are PostgreSQL's own counts for fifty
tokens that were each presented ten times within a minute, divided by the requests. Revoked elsewhere means: in their database, by another process.

## How to run it

It takes Linux and wrk (\`apt-get install wrk\`); with nginx installed, the generator's ceiling is shown too.

| command | |
|---|---|
| \`npm run bench -- --quick\` | the floor, hot, cold and forged, in under a minute |
| \`npm run bench\` | everything but the soak, in less than half an hour |
| \`npm run bench -- --only peers,growth\` | single parts: ${Object.keys(scenarios).join(', ')} |
| \`npm run soak -- --minutes 10\` | memory at full load |
| \`--write\` with any of these but \`--quick\` | keeps the results in \`docs/performance/results.json\` and writes this page from all that are there |
| \`npm run bench -- --render\` | writes this page and its plots anew from the results |
`
}

/** With the line that ends it, so that nothing is left of it where no goal was missed. */
function missedSection(results: Results): string {
  const reasons = reasonsOf(results)
  return reasons === '' ? '' : `## Why goals are missed\n\n${reasons}\n\n`
}

function circumstances(results: Results): string {
  const all = Object.values(results)
  const [first] = all
  if (first === undefined) return 'Nothing has been measured yet.'
  const dates = all.map(({ date }) => date).sort()
  const [earliest, latest] = [dates.at(0), dates.at(-1)]
  const when = earliest === latest ? `on ${latest}` : `from ${earliest} to ${latest}`
  return `Made ${when} with Node.js ${first.node} and ${first.generator}, on one machine with ${first.cores} cores;
${rounds(first)} a part. The load average before a part was ${loadOf(all)} in the median: the generator's own
work of the part before is in it, and what else ran.`
}

function rounds({ rounds, roundSeconds }: DatedResult): string {
  return `${rounds} rounds of ${roundSeconds} s`
}

function loadOf(results: readonly DatedResult[]): string {
  return median(results.map(({ loadBefore }) => loadBefore)).toFixed(1)
}
