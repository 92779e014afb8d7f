// Processes forked without Electron: what they are started with. Runs in: vitest, plain Node.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { v8ThreadOptions } from '../../../src-engine/public/v8-threads'
import { NodeForker } from '../../../src-main/supervisor/node'

const folder = mkdtempSync(path.join(os.tmpdir(), 'node-forker-test-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

it('a process gets as many threads of V8 as the processors allow, whatever our own was started with', async () => {
  const script = path.join(folder, 'child.cjs')
  writeFileSync(script, 'process.stdout.write(JSON.stringify(process.execArgv))')
  let output = ''
  const child = new NodeForker().fork(script, 'a child', (text) => {
    output += text
  })
  await new Promise((resolve) => child.onExit(resolve))
  await expect.poll(() => output).toBe(JSON.stringify(v8ThreadOptions(os.availableParallelism())))
})
