// The bundles: everything under src-main and src-engine that is started by name becomes one CommonJS file in out/main,
// the same files for Electron and for plain Node; the preload script and the window are built apart.
// An entry whose source does not exist yet is left out, so that the build is green from the first commit.
// Runs in: electron-vite, and (engineBundle alone) resources/tooling/build-engine.mjs.
import fs from 'node:fs'
import path from 'node:path'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'electron-vite'

// Targets are those of the oldest runtime we run on, whatever version is installed: Electron 25, Node 18.15.
process.env['ELECTRON_MAJOR_VER'] = '25'

const root = __dirname

/** Name of the bundle in out/main → its source. Main starts engine bundles by these names. */
const ENTRIES = {
  index: 'src-main/index.ts',
  xm: 'src-main/xm/xm.ts',
  dom0: 'src-engine/process/dom0.ts',
  domain: 'src-engine/process/domain.ts',
  vcpu: 'src-engine/process/vcpu.ts',
  guest: 'src-engine/process/guest.ts',
} as const

function present(entries: Record<string, string>): Record<string, string> {
  const found = Object.entries(entries).filter(([, source]) => fs.existsSync(path.join(root, source)))
  return Object.fromEntries(found.map(([name, source]) => [name, path.join(root, source)]))
}

const main = present(ENTRIES)
const preload = present({ index: 'src-renderer/preload.ts' })
const page = path.join(root, 'src-renderer/index.html')

export default defineConfig({
  ...(Object.keys(main).length > 0 && {
    main: {
      build: {
        outDir: 'out/main',
        sourcemap: true,
        externalizeDeps: false,
        rolldownOptions: {
          input: main,
          output: { format: 'cjs', entryFileNames: '[name].cjs', chunkFileNames: '[name]-[hash].cjs' },
        },
      },
    },
  }),
  ...(Object.keys(preload).length > 0 && {
    preload: {
      build: {
        outDir: 'out/preload',
        externalizeDeps: false,
        sourcemap: 'inline',
        rolldownOptions: { input: preload, output: { format: 'cjs', entryFileNames: '[name].cjs' } },
      },
    },
  }),
  ...(fs.existsSync(page) && {
    renderer: {
      root: 'src-renderer',
      plugins: [react()],
      build: { outDir: 'out/renderer', emptyOutDir: true, sourcemap: true, minify: true, rolldownOptions: { input: page } },
    },
  }),
})
