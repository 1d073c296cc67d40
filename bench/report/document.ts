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

Every goal is a limit, or a ratio between candidates that took turns in one run. Absolute figures come from
one machine on which the service, PostgreSQL and the load generator share the cores. They show which
operations are expensive and which are cheap, and predict nothing about another machine.

## Goals

${goalsTable(results)}

${plotsOf(results)
  .map(({ file, title }) => `![${title}](performance/${file})`)
  .join('\n\n')}

${missedSection(results)}## What was measured

${tablesOf(results)}

## How it is measured

**Turns.** The candidates of a scenario take turns, round after round, after a warm-up that goes on
until the rate is steady. Each ratio is taken
within a round, and the page shows the median of the rounds, so that other load on the machine affects all
candidates alike. A turn of hot verifications lasts 10 s, the time for which uses are counted before they
are written, so that each turn includes one flush.

**Load.** One generator, wrk with one thread, sends requests to every candidate over 32 keep-alive
connections without pipelining; each connection sends the next request after the response. nginx and
\`node:http\` with a constant response show the maximum rate of the generator. Where a rate is given, a
generator of our own keeps that rate however long the responses take, and measures latency from the time
at which a request was due (\`bench/load/open-loop.ts\`).

**Correctness.** The generator checks the status and the verdict of every response, and one wrong response
fails the run. After each round the counters of the service must show that the service verified the tokens
that were sent, and whether from memory or by Argon2. A peer must deny an unknown token before it is measured.

**CPU time** is the user and system time of all threads of the server's processes, from \`/proc\`, divided by
the number of requests. The CPU time of the database is that of the processes behind its connections. A
ratio of CPU times beside a ratio of rates is inverted, so that more is better in both.

**The baseline** is the shortest Fastify program that returns the same constant, without authentication, log
or metrics (\`bench/servers/constant-route.ts\`), with \`node:http\` beside it. A run in which a program that
does less used more CPU time than one that does more fails: it would flatter the service.

**The service without verification** is the whole service, but for the verification of the subject
(\`bench/servers/without-verification.ts\`). The route is \`/v1/verify\`, with its schemas, its hooks, which authenticate
the caller, its access rules, its verdict texts, its log and its metrics. Only for the subject does
\`verify\` return a constant. The difference between it and the service is the cost of the
verification. Authenticating the caller costs as much again: a second one, without a goal, trusts its
caller too. The servers are started anew for each round, because V8 can compile
the same code to a fifth slower code in another process.

**The profile** comes from the V8 inspector, for one process each: the time spent in each function itself,
without the functions that it calls. Profiling adds some time. Functions that only the service has come first.

**Cold** is the first verification of a token after a start: each token is sent once to a service that has
just started and has verified 10,000 other tokens, after which V8 has compiled most of the code. The ceiling
is the bare Argon2 library in a process of its own, at its best concurrency, measured before each of these
starts. For growth, the cache has room for 128 keys and the generator sends 500 tokens in turn, so that each
token has been evicted when it comes again.

**Beside a noisy tenant.** A quiet tenant's tokens are verified from memory (200 per second, 1,000 keys) and for
the first time (50 per second), alone and beside each thing that another tenant can do to cost the service much.
The noisy tenant sends bytes that were prepared before, each request when the answer before has come, and looks
only at the heads of the answers, so that it takes as little as possible from the two cores that it shares with
the service. Four loops of valid verifications, which have no goal, show what ordinary traffic as busy as the
other loops does to the quiet tenant. Every answer to the quiet tenant must be 200.

**Lists** are pages of 20 keys, or of none, independently of the size of the account: a thousand keys
already include at least 20 keys of each status.

**Keys** are spread over two years in their tables, in random order. Of the million keys, 20,000 have a known
secret; the others have hashes of the same shape. PostgreSQL does not wait for the disk (\`fsync\` is off),
which favours candidates that write at each verification. A Zipf mix requests the key of rank r with a weight
of 1 / r.

**Peers** run in a process of their own with the default settings of Node.js, on the same PostgreSQL, with the
same number of keys and connections. Their transactions and rows written are PostgreSQL's own counts for fifty
tokens that were each presented ten times within a minute, divided by the number of requests. "Revoked
elsewhere" means: in their database, by another process.

## How to run it

The benchmark requires Linux and wrk (\`apt-get install wrk\`); if nginx is installed, the benchmark also
measures the ceiling of the generator.

| command | |
|---|---|
| \`npm run bench -- --quick\` | the baseline, hot, cold and forged, with short rounds |
| \`npm run bench\` | everything except the soak, in less than half an hour |
| \`npm run bench -- --only peers,growth\` | single scenarios: ${Object.keys(scenarios).join(', ')} |
| \`npm run soak -- --minutes 10\` | memory at full load |
| \`--write\` with any of these but \`--quick\` | stores the results in \`docs/performance/results.json\` and writes this page from all stored results |
| \`npm run bench -- --render\` | writes this page and its plots from the stored results |
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
  return `Measured ${when} with Node.js ${first.node} and ${first.generator}, on one machine with ${first.cores} cores,
in ${rounds(first)} per scenario. The median load average before a scenario was ${loadOf(all)}; it includes the
scenario before and other load on the machine.`
}

function rounds({ rounds, roundSeconds }: DatedResult): string {
  return `${rounds} rounds of ${roundSeconds} s`
}

function loadOf(results: readonly DatedResult[]): string {
  return median(results.map(({ loadBefore }) => loadBefore)).toFixed(1)
}
