// qemu-img and qemu-io, the oracle for disk images. Tests that need them skip where they are not installed.
// Runs in: vitest, plain Node.
import { execFile, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

export const NO_QEMU_IMG: string | undefined = ['qemu-img', 'qemu-io'].every(
  (tool) => spawnSync(tool, ['--version']).status === 0,
)
  ? undefined
  : 'qemu-img and qemu-io (package qemu-utils) are not installed'

export interface Said {
  readonly status: number
  readonly text: string
}

export function run(tool: string, args: readonly string[]): Promise<Said> {
  return new Promise((resolve) => {
    execFile(tool, [...args], { maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) => {
      const status = error ? (typeof error.code === 'number' ? error.code : 127) : 0
      resolve({ status, text: `${stdout}${stderr}` })
    })
  })
}

/** Runs qemu-img and insists that it worked. */
export async function qemuImg(...args: string[]): Promise<string> {
  const said = await run('qemu-img', args)
  if (said.status !== 0) throw new Error(`qemu-img ${args.join(' ')}: ${said.text}`)
  return said.text
}

export async function qemuIo(file: string, commands: readonly string[], ...options: string[]): Promise<void> {
  const said = await run('qemu-io', [...options, ...commands.flatMap((command) => ['-c', command]), file])
  if (said.status !== 0) throw new Error(`qemu-io ${file}: ${said.text}`)
}

/** What `qemu-img check` finds: 'clean', 'leaks', or its text when it finds errors. */
export async function qemuCheck(file: string): Promise<string> {
  const said = await run('qemu-img', ['check', '-f', 'qcow2', file])
  return said.status === 0 ? 'clean' : said.status === 3 ? 'leaks' : said.text
}

export function scratch(): { readonly dir: string; readonly file: (name: string) => string; readonly remove: () => void } {
  const dir = mkdtempSync(path.join(tmpdir(), 'ringmaster-image-'))
  return { dir, file: (name) => path.join(dir, name), remove: () => rmSync(dir, { recursive: true, force: true }) }
}
