// The bundles as electron-vite wants to hear of them, for `npm run dev` (rebuild and reload on change).
// What they are stands in resources/tooling/bundles.mjs; `npm start` and the tests build them by build-app.mjs.
// Runs in: electron-vite.
import fs from 'node:fs'
import { defineConfig } from 'electron-vite'
import { ELECTRON_FLOOR, inputs, output, RENDERER_PAGE, rendererOptions } from './resources/tooling/bundles.mjs'

// Read by electron-vite: otherwise its targets follow the installed Electron's types.
process.env['ELECTRON_MAJOR_VER'] = ELECTRON_FLOOR

const node = (outDir: string, worlds: readonly string[]) => ({
  build: {
    outDir,
    emptyOutDir: false, // core.wasm lies there
    sourcemap: true,
    externalizeDeps: false,
    rolldownOptions: { input: Object.assign({}, ...worlds.map(inputs)), output: output('dev') },
  },
})

export default defineConfig(async () => ({
  main: node('out/main', ['engine', 'main']),
  preload: node('out/preload', ['preload']),
  ...(fs.existsSync(RENDERER_PAGE) && { renderer: await rendererOptions() }),
}))
