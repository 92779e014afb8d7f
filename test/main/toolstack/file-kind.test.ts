// What a dropped file is: real images made by qemu-img and mke2fs where they are there, heads of the published formats else.
// Runs in: vitest, plain Node.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, expect, it } from 'vitest'
import { hostFile } from '../../../src-main/toolstack/file-kind'

const folder = mkdtempSync(join(tmpdir(), 'ringmaster-kinds-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const bytes = (...parts: readonly [number, string][]) => {
  const all = Buffer.alloc(Math.max(...parts.map(([at, text]) => at + text.length)) + 600)
  for (const [at, text] of parts) all.write(text, at, 'latin1')
  return all
}

it.each([
  ['kernel', 'vmlinuz', bytes([0x1fe, '\x55\xaa'], [0x202, 'HdrS'])],
  ['kernel', 'vmlinux', readFileSync(process.execPath).subarray(0, 4096)],
  ['ramdisk', 'initrd.img', gzipSync('070701')],
  ['ramdisk', 'initrd', bytes([0, '070701'])],
  ['disk', 'boot.bin', bytes([510, '\x55\xaa'])],
  ['disk', 'cd', bytes([32769, 'CD001'])],
  ['disk', 'zeroes.raw', Buffer.alloc(4096)],
  ['config', 'guest.cfg', Buffer.from('# a comment\nname = "guest"\nmemory = 256\n')],
  ['config', 'guest.xml', Buffer.from('<?xml version="1.0"?>\n<!-- made by hand -->\n<domain type="xen">\n</domain>')],
  ['config', 'commented.xml', Buffer.from(`${'<!-- one -->\n'.repeat(4000)}<domain type="xen">\n</domain>`)],
  ['config', 'blank.cfg', Buffer.from(`${'\n'.repeat(60_000)}  memory = 256\n`)],
  // Read in all ways there are to read them, these would not come to an end.
  ['unknown', 'page.html', Buffer.from(`${'<!-- one -->\n'.repeat(4000)}<html></html>`)],
  ['unknown', 'blank.txt', Buffer.alloc(64 * 1024, '\n')],
  ['saved', 'guest.rmsave', Buffer.from('anything')],
  ['unknown', 'letter.txt', Buffer.from('Dear reader,\n')],
  ['unknown', 'empty', Buffer.alloc(0)],
  ['unknown', 'an.constructor', Buffer.alloc(0)],
])('is %s: %s', async (kind, name, content) => {
  const path = join(folder, name)
  writeFileSync(path, content)
  expect(await hostFile(path)).toMatchObject({ ok: true, value: { path, kind, size: content.length } })
})

const hasQemu = (() => {
  try {
    execFileSync('qemu-img', ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
})()

it.runIf(hasQemu).each(['qcow2', 'vmdk', 'vpc'])('is a disk: what qemu-img makes as %s', async (format) => {
  const path = join(folder, `image.${format}`)
  execFileSync('qemu-img', ['create', '-q', '-f', format, path, '8M'])
  expect(await hostFile(path)).toMatchObject({ ok: true, value: { kind: 'disk' } })
})

it('a folder and a file that is not there are refused in one sentence', async () => {
  expect(await hostFile(folder)).toMatchObject({ ok: false, error: { reason: 'file-unreadable' } })
  expect(await hostFile(join(folder, 'none'))).toMatchObject({ ok: false, error: { reason: 'file-unreadable' } })
})
