import { execFile } from 'node:child_process'
import { mkdir, readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'
import type { Test } from 'tap'
import { newAccount, newKey } from '../../helpers/fixtures.ts'
import { freePort } from '../../helpers/free-port.ts'
import { startTestService, type TestService } from '../../helpers/service.ts'

/** The console of a real service in a real browser, and an account with an administrator. */
export interface Console extends TestService {
  readonly url: string
  readonly browser: Browser
  readonly accountId: string
  /** The token of the administrator, to sign in with. */
  readonly token: string
  /** A window that is signed in, on the list of keys. */
  signIn(token?: string, options?: WindowOptions): Promise<Window>
  /** A window at the sign-in page. */
  open(options?: WindowOptions): Promise<Window>
}

export interface WindowOptions {
  readonly width?: number
  readonly height?: number
  /** 2: as a browser shows the page at 200 %, in a window of the same size. */
  readonly zoom?: number
  readonly colorScheme?: 'light' | 'dark'
  readonly path?: string
}

export interface Window {
  readonly page: Page
  readonly context: BrowserContext
  /** Reports of the policy, errors and dialogs of scripts: none is expected. */
  readonly faults: readonly string[]
}

/** Settings by their environment variables. */
type Settings = Readonly<Record<string, string>>

/** Undefined, with a line that says so, where there is no Chromium and INTEROP is not required. */
export async function startConsole(
  t: Test,
  settingsAt: (url: string) => Settings | Promise<Settings> = () => ({}),
): Promise<Console | undefined> {
  const browser = await startBrowser(t)
  if (browser === undefined) return undefined
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const started = await startTestService(t, { settings: await settingsAt(url) })
  await started.service.app.listen({ host: '127.0.0.1', port })
  const accountId = await newAccount(started.root)
  const admin = await newKey(started.root, accountId, { name: 'Anna, administrator' })
  const open = (options: WindowOptions = {}) => openWindow(browser, url, options)
  const signIn = async (token = admin.token, options: WindowOptions = {}) => {
    const window = await open(options)
    await enter(window.page, token)
    return window
  }
  return { ...started, url, browser, accountId, token: admin.token, signIn, open }
}

/** Undefined, with a line that says so, where there is no Chromium and INTEROP is not required. */
export async function startBrowser(t: Test): Promise<Browser | undefined> {
  const found = await promisify(execFile)('which', ['chromium']).catch(() => undefined)
  if (found === undefined && process.env.INTEROP !== 'required') {
    t.comment('Chromium is missing')
    return undefined
  }
  const browser = await chromium.launch({
    executablePath: found?.stdout.trim() ?? 'chromium',
    args: ['--no-sandbox'],
  })
  t.teardown(() => browser.close())
  return browser
}

/** Fills the sign-in page that a window shows. */
export async function enter(page: Page, token: string): Promise<void> {
  await page.getByRole('textbox', { name: 'API key' }).fill(token)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await page.getByRole('navigation', { name: 'Console' }).waitFor()
}

/** A window of its own, with cookies of its own, at a page of the console. */
export async function openWindow(
  browser: Browser,
  url: string,
  options: WindowOptions = {},
): Promise<Window> {
  const { width = 1280, height = 900, zoom = 1, colorScheme = 'light', path = '/console' } = options
  const context = await browser.newContext({
    // A zoomed page has fewer and larger pixels of CSS.
    viewport: { width: width / zoom, height: height / zoom },
    deviceScaleFactor: zoom,
    colorScheme,
    timezoneId: 'Europe/Berlin',
    permissions: ['clipboard-read', 'clipboard-write'],
    // Caddy signs its certificate itself.
    ignoreHTTPSErrors: true,
  })
  const page = await context.newPage()
  const faults: string[] = []
  page.on('pageerror', (error) => faults.push(error.message))
  page.on('dialog', (dialog) => {
    // The browser's own question before a page with an uncopied token is left.
    if (dialog.type() !== 'beforeunload') faults.push(`dialog: ${dialog.message()}`)
    void dialog.accept()
  })
  page.on('console', (message) => {
    if (/Content Security Policy|TrustedHTML|TrustedScript/.test(message.text())) {
      faults.push(message.text())
    }
  })
  page.setDefaultTimeout(30_000)
  await page.goto(url + path)
  return { page, context, faults }
}

const axeSource = readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** What axe-core finds wrong with what a page shows. */
export async function violationsOf(page: Page): Promise<readonly string[]> {
  // Evaluated by the tools of the browser, which the policy of the page does not bind.
  await page.evaluate(await axeSource)
  return page.evaluate(async () => {
    const { axe } = globalThis as unknown as { axe: { run(): Promise<AxeResults> } }
    const { violations } = await axe.run()
    return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`))
  })
}

const pictures = join(import.meta.dirname, '../../../docs/console')

/** With SCREENSHOTS=write, makes a picture of docs/console.md anew. */
export async function takePicture(page: Page, name: string): Promise<void> {
  if (process.env.SCREENSHOTS !== 'write') return
  await mkdir(pictures, { recursive: true })
  await page.screenshot({ path: join(pictures, `${name}.png`) })
}

/** Asserts that axe-core finds nothing, and that the page is as wide as its window. */
export async function assertAccessible(t: Test, page: Page, name: string): Promise<void> {
  t.same(await violationsOf(page), [], name)
  await isNotWider(t, page, name)
}

/** A page that is wider than its window would be read by scrolling to and fro. */
export async function isNotWider(t: Test, page: Page, name: string): Promise<void> {
  const excess = await page.evaluate('document.documentElement.scrollWidth - innerWidth')
  t.ok(Number(excess) <= 0, `${name} is as wide as its window`)
}

interface AxeResults {
  readonly violations: readonly {
    readonly id: string
    readonly nodes: readonly { readonly html: string }[]
  }[]
}
