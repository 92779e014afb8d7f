// Our pages and how they are served: ringmaster://app/… from the built renderer, with a content security policy; in
// development the dev server's address. Invariant: nothing outside the renderer's folder is served.
// Runs in: main (Electron).
import { readFile } from 'node:fs/promises'
import { extname, join, normalize, sep } from 'node:path'
import { protocol } from 'electron'
import type { WindowView } from '../public/types'

const SCHEME = 'ringmaster'
const ORIGIN = `${SCHEME}://app`

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.map': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
}

const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'", // xterm and the component library set styles of elements
  "img-src 'self' data:",
  "font-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

/** Before the app is ready: makes our scheme a secure standard one. */
export function registerScheme(): void {
  protocol.registerSchemesAsPrivileged([
    // Newer Electrons keep the compiled scripts of a page for its next start; older ones do not look at codeCache.
    { scheme: SCHEME, privileges: { standard: true, secure: true, supportFetchAPI: true, codeCache: true } },
  ])
}

export function servePages(folder: string): void {
  protocol.handle(SCHEME, async (request) => {
    const url = new URL(request.url)
    const path = normalize(join(folder, decodeURIComponent(url.pathname)))
    const type = CONTENT_TYPES[extname(path)]
    if (url.host !== 'app' || !path.startsWith(folder + sep) || type === undefined) return new Response(null, { status: 404 })
    try {
      const headers = { 'content-type': type, 'content-security-policy': POLICY, 'x-content-type-options': 'nosniff' }
      return new Response(new Uint8Array(await readFile(path)), { headers })
    } catch {
      return new Response(null, { status: 404 })
    }
  })
}

/** Set by `npm run dev` only. */
function devServer(): string | undefined {
  return process.env['ELECTRON_RENDERER_URL']
}

export function pageAddress(view: WindowView, uuid: string | null, page?: string): string {
  const query = new URLSearchParams({ view, ...(uuid !== null && { uuid }), ...(page !== undefined && { page }) })
  return `${devServer() ?? ORIGIN}/index.html?${query}`
}

export function isOurPage(address: string): boolean {
  try {
    const { origin, protocol: scheme, host } = new URL(address)
    const dev = devServer()
    return (scheme === `${SCHEME}:` && host === 'app') || (dev !== undefined && origin === new URL(dev).origin)
  } catch {
    return false
  }
}
