/**
 * Opens /docs in Chromium, authorizes, and executes every operation of both documents with what the
 * page proposes. TENANT_TOKEN is of a key of an account, which the Aeon API serves:
 *   BASE_URL=http://127.0.0.1:8080 ROOT_TOKEN=aeon_... TENANT_TOKEN=aeon_... \
 *     CHROMIUM=/usr/bin/chromium node try-it-out.mjs
 * Prints one line of JSON for each operation: its id, the status, and the requested URL.
 */
import { chromium } from 'playwright-core'

const { BASE_URL: base, ROOT_TOKEN, TENANT_TOKEN, CHROMIUM: executablePath } = process.env

const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] })
const page = await browser.newPage()
const complaints = []
page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()))
page.on('pageerror', (error) => complaints.push(String(error)))
await page.goto(`${base}/docs`)
await page.waitForSelector('.opblock', { timeout: 120_000 })
await signIn(ROOT_TOKEN)
console.log(JSON.stringify({ title: await page.title(), documents: await documentNames() }))

await authorize({ bearer: ROOT_TOKEN, verifier: `Bearer ${ROOT_TOKEN}` }, '/v1/me')
await tryDocument('/openapi.json')
await page.selectOption('select >> nth=0', { index: 1 })
await page.waitForSelector('#operations-auth-ListApiKeys', { timeout: 120_000 })
console.log(JSON.stringify({ other: await page.textContent('.info .title') }))
await authorize({ BearerAuthToken: TENANT_TOKEN }, '/projects')
await tryDocument('/openapi/aeon.json')
// A refused operation is an error of the console too; the statuses tell which ones are.
console.log(
  JSON.stringify({ complaints: complaints.filter((text) => !text.includes('status of 4')) }),
)
await browser.close()

/** The cookie of the console is sent to /docs too, and there is a session to be ended. */
function signIn(key) {
  return page.evaluate(async (body) => {
    const headers = { 'content-type': 'application/json', 'x-aeon-console': '1' }
    const answer = await fetch('/v1/session', { method: 'POST', headers, body })
    if (answer.status !== 201) throw new Error(`Not signed in: ${answer.status}`)
  }, JSON.stringify({ key }))
}

async function tryDocument(url) {
  const document = await (await fetch(base + url)).json()
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
  await closeTags()
  for (const operation of operations) console.log(JSON.stringify(await tryOut(operation)))
}

/** With each click the page draws all operations of the tags that are open. */
async function closeTags() {
  await page.$$eval('.opblock-tag[data-is-open="true"]', (tags) => {
    for (const tag of tags) tag.click()
  })
  await page.locator('.opblock').first().waitFor({ state: 'detached' })
}

/** What ends a resource comes after what uses it, and what ends all keys at the very end. */
function orderOf({ operationId, method }) {
  const last = ['RevokeApiKey', 'revokeApiKey', 'revokeApiKeys', 'revokeApiKeysEverywhere']
  if (last.includes(operationId)) return 4 + last.indexOf(operationId)
  if (method === 'delete') return 3
  if (/^create/i.test(operationId)) return operationId === 'createAccount' ? 0 : 1
  // Their role is one that was listed before.
  if (['InviteAccountUser', 'BatchInviteAccountUsers', 'ModifyUserRole'].includes(operationId))
    return 2.5
  return ['issueApiKey', 'addUser', 'invite'].includes(operationId) ? 1 : 2
}

function documentNames() {
  return page.$$eval('select >> nth=0 >> option', (options) => options.map(({ label }) => label))
}

/** Enters a secret for each scheme, and waits for what the page then reads. */
async function authorize(secrets, path) {
  await page.click('.auth-wrapper .authorize')
  for (const [index, [scheme, value]] of Object.entries(secrets).entries()) {
    const form = page.locator('.auth-container').filter({ hasText: scheme }).first()
    await form.locator('input').first().fill(value)
    const own = page
      .waitForResponse((response) => response.url().endsWith(path), { timeout: 20_000 })
      .catch(() => undefined)
    await form.locator('button.authorize').click()
    if (index === 0) await own
  }
  await page.click('.close-modal')
}

async function tryOut({ operationId, tag, path }) {
  await page.locator(`.opblock-tag[data-tag="${tag}"]`).click()
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
  await closeTags()
  return result
}
