/**
 * Opens /docs in Chromium, authorizes, and executes every operation with what the page proposes:
 *   BASE_URL=http://127.0.0.1:8080 ROOT_TOKEN=aeon_... CHROMIUM=/usr/bin/chromium node try-it-out.mjs
 * Prints one line of JSON for each operation: its id, the status, and the requested URL.
 */
import { chromium } from 'playwright-core'

const { BASE_URL: base, ROOT_TOKEN: token, CHROMIUM: executablePath } = process.env
const document = await (await fetch(`${base}/openapi.json`)).json()
const operations = Object.entries(document.paths)
  .flatMap(([path, item]) =>
    Object.entries(item).map(([method, { operationId, tags }]) => ({
      operationId,
      tag: tags[0],
      method,
      path,
    })),
  )
  .sort((a, b) => orderOf(a) - orderOf(b))

const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] })
const page = await browser.newPage()
const complaints = []
page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()))
page.on('pageerror', (error) => complaints.push(String(error)))
await page.goto(`${base}/docs`)
await page.waitForSelector('.opblock', { timeout: 120_000 })
console.log(JSON.stringify({ title: await page.title(), documents: await documentNames() }))

await authorize()
for (const operation of operations) console.log(JSON.stringify(await tryOut(operation)))
await page.selectOption('select >> nth=0', { index: 1 })
await page.waitForSelector('#operations-auth-ListApiKeys', { timeout: 120_000 })
console.log(JSON.stringify({ other: await page.textContent('.info .title') }))
// A refused operation is an error of the console too; the statuses tell which ones are.
console.log(
  JSON.stringify({ complaints: complaints.filter((text) => !text.includes('status of 4')) }),
)
await browser.close()

/** What ends a resource comes after what uses it, and what ends all keys at the very end. */
function orderOf({ operationId, method }) {
  const last = ['revokeApiKey', 'revokeApiKeys', 'revokeApiKeysEverywhere']
  if (last.includes(operationId)) return 4 + last.indexOf(operationId)
  if (method === 'delete') return 3
  if (operationId.startsWith('create')) return operationId === 'createAccount' ? 0 : 1
  return operationId === 'issueApiKey' ? 1 : 2
}

function documentNames() {
  return page.$$eval('select >> nth=0 >> option', (options) => options.map(({ label }) => label))
}

async function authorize() {
  await page.click('.auth-wrapper .authorize')
  for (const [scheme, value] of [
    ['bearer', token],
    ['verifier', `Bearer ${token}`],
  ]) {
    const form = page.locator('.auth-container').filter({ hasText: scheme }).first()
    await form.locator('input').first().fill(value)
    const own = page
      .waitForResponse((response) => response.url().endsWith('/v1/me'), { timeout: 20_000 })
      .catch(() => undefined)
    await form.locator('button.authorize').click()
    if (scheme === 'bearer') await own
  }
  await page.click('.close-modal')
}

async function tryOut({ operationId, tag, path }) {
  const block = page.locator(`[id="operations-${tag.replaceAll(' ', '_')}-${operationId}"]`)
  await block.locator('.opblock-summary-control').click()
  await block.locator('button.try-out__btn').click()
  const answered = page.waitForResponse(
    (response) => response.request().resourceType() === 'fetch',
    { timeout: 15_000 },
  )
  await block.locator('button.execute').click()
  const response = await answered.catch(async (error) => {
    throw new Error(
      `${operationId} was not sent: ${await block.locator('.opblock-section').first().innerText()}`,
      { cause: error },
    )
  })
  const result = { operationId, path, status: response.status(), url: response.url() }
  if (response.status() >= 400) result.body = await response.text()
  await block.locator('.live-responses-table').waitFor()
  await block.locator('.opblock-summary-control').click()
  return result
}
