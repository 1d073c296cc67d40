/**
 * Measures how long the console takes until its first row is visible, and how much JavaScript:
 *   npm run measure:console
 * A real service with 10,000 keys, and a real browser that has cached nothing, over loopback.
 * Prints the median of twenty visits, and the sum of the scripts in gzip; needs Chromium.
 */
import { gzipSync } from 'node:zlib'
import type { Page, Response } from 'playwright-core'
import t from 'tap'
import { makeDataset } from '../bench/datasets/dataset.ts'
import { startServer } from '../bench/servers/server-process.ts'
import { createSocketApi } from '../test/helpers/api.ts'
import { Canaries } from '../test/helpers/canaries.ts'
import { createEmptyDatabase } from '../test/helpers/database.ts'
import { newKey } from '../test/helpers/fixtures.ts'
import { enter, openWindow, startBrowser } from '../test/interop/console/browser.ts'

const visits = 20
const atMostMs = 300

t.setTimeout(300_000)
const database = await createEmptyDatabase()
t.teardown(() => database.drop())
const { rootToken, accountId } = await makeDataset(database.url, { keys: 10_000, tokens: 1 })
const service = await startServer({
  script: 'src/main.ts',
  settings: { DATABASE_URL: database.url },
})
t.teardown(() => service.stop())
const root = createSocketApi(service.url, new Canaries(), rootToken)
const { token } = await newKey(root, accountId, { name: 'Anna, administrator' })
const browser = await startBrowser(t)
if (browser !== undefined) {
  const { page } = await openWindow(browser, service.url)
  await enter(page, token)
  const bytes = await scriptBytes(page)
  t.comment(`the JavaScript until then is ${(bytes / 1000).toFixed(1)} kB in gzip`)
  const times: number[] = []
  while (times.length < visits) times.push(await visit(page))
  const median = times.toSorted((a, b) => a - b)[visits / 2] ?? 0
  t.comment(`the first row is visible after ${Math.round(median)} ms, median of ${visits} visits`)
  t.ok(median < atMostMs, `${Math.round(median)} ms`)
}

/** What the scripts of a visit take in gzip, each by itself, as the service sends them. */
async function scriptBytes(page: Page): Promise<number> {
  const scripts: Promise<Buffer>[] = []
  const note = (response: Response) => {
    if (new URL(response.url()).pathname.endsWith('.js')) scripts.push(response.body())
  }
  page.on('response', note)
  await visit(page)
  page.off('response', note)
  const bodies = await Promise.all(scripts)
  return bodies.reduce((sum, body) => sum + gzipSync(body).length, 0)
}

/** The milliseconds from the navigation to the first row. */
async function visit(page: Page): Promise<number> {
  await page.goto('about:blank')
  const session = await page.context().newCDPSession(page)
  await session.send('Network.clearBrowserCache')
  const startedAt = performance.now()
  await page.goto(`${service.url}/console/keys`, { waitUntil: 'commit' })
  await page.locator('tbody tr').first().waitFor()
  return performance.now() - startedAt
}
