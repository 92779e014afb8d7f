// Which bundles there are and how they are made; read by build-app.mjs (which makes them) and electron.vite.config.ts
// (which makes the same ones for the dev server).
// Every source that is started by name becomes one CommonJS file in out/main, the same file for Electron and plain Node.
// An entry whose source does not exist yet is left out, so that the build is green from the first commit.
// Runs in: plain Node.
import fs from 'node:fs'
import path from 'node:path'
import { root } from './stamp.mjs'

/** Name of the bundle → its source. Processes and threads are started by these names, next to the starter's own file. */
const ENTRIES = {
  engine: {
    dom0: 'src-engine/process/dom0.ts',
    domain: 'src-engine/process/domain.ts',
    vcpu: 'src-engine/process/vcpu.ts',
    translator: 'src-engine/process/translator.ts',
    image: 'src-engine/process/image.ts',
    guest: 'src-engine/process/guest.ts',
  },
  main: { index: 'src-main/index.ts', xm: 'src-main/xm/xm.ts' },
  preload: { index: 'src-renderer/preload.ts' },
}

export const RENDERER_PAGE = path.join(root, 'src-renderer/index.html')

/** The oldest runtime we run on (Electron 25: Chromium 114, Node 18.15), whatever version is installed. */
export const ELECTRON_FLOOR = '25'
export const NODE_TARGET = 'node18.15'

export function inputs(world) {
  const present = Object.entries(ENTRIES[world]).filter(([, source]) => fs.existsSync(path.join(root, source)))
  return Object.fromEntries(present.map(([name, source]) => [name, path.join(root, source)]))
}

/** Shared pieces carry the world in their name: the worlds are built apart and must not remove each other's. */
export const output = (world) => ({
  format: 'cjs',
  entryFileNames: '[name].cjs',
  chunkFileNames: `${world}-[hash].cjs`,
  sourcemap: true,
})

/** The dev server writes a script into the page and talks over a web socket; only there the page's policy lets it. */
const devPolicy = {
  name: 'dev-policy',
  apply: 'serve',
  transformIndexHtml: (html) =>
    html
      .replace("script-src 'self'", "script-src 'self' 'unsafe-inline'")
      .replace("connect-src 'self'", "connect-src 'self' ws:"),
}

/** Vite's options for the windows. */
export async function rendererOptions() {
  const { default: react } = await import('@vitejs/plugin-react')
  return {
    root: path.join(root, 'src-renderer'),
    base: './',
    plugins: [react(), devPolicy],
    build: {
      target: 'chrome114',
      outDir: path.join(root, 'out/renderer'),
      emptyOutDir: true,
      sourcemap: true,
      minify: true,
      modulePreload: { polyfill: false },
      chunkSizeWarningLimit: 4096,
      rolldownOptions: { input: RENDERER_PAGE },
    },
  }
}
