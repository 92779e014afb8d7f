// CD images as disks: trees that xorriso packs, mounted by an unmodified kernel with its own isofs. Each file must be there, byte by byte,
// names of Rock Ridge and links included; the disc cannot be written; and a removable drive shows the next disc after a change of medium.
// Runs in: vitest, on the bundles in out/main.
import { execFileSync } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, expect, it } from 'vitest'
import type { Disk } from '../../src-engine/public/protocol/device'
import { DEMO_PROMPT } from '../../src-main/toolstack/demo-guest'
import { debianGuest, insmods, kernelModules, ramdiskWith } from '../support/debian-guest'
import { missingProgram } from '../support/programs'
import { RunningGuest, TestMachine } from '../support/running-guest'
import { secondTries } from '../support/second-tries'

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ringmaster-iso-'))
const machine = secondTries(new TestMachine())
afterAll(async () => {
  await machine.dispose()
  fs.rmSync(folder, { recursive: true, force: true })
})

/** Packs files into a CD image; gives its path, and the lines md5sum must print of what is mounted. */
function disc(name: string, files: Readonly<Record<string, Uint8Array>>): { image: string; sums: string[] } {
  const tree = path.join(fs.mkdtempSync(path.join(folder, 'disc-')), name)
  for (const [file, bytes] of Object.entries(files)) {
    fs.mkdirSync(path.dirname(path.join(tree, file)), { recursive: true })
    fs.writeFileSync(path.join(tree, file), bytes)
  }
  fs.symlinkSync('docs/read me.txt', path.join(tree, 'link'))
  const image = `${tree}.iso`
  execFileSync('xorriso', ['-as', 'mkisofs', '-quiet', '-R', '-V', name, '-o', image, tree], { stdio: 'pipe' })
  const sumOf = (bytes: Uint8Array): string => createHash('md5').update(bytes).digest('hex')
  return { image, sums: Object.entries(files).map(([file, bytes]) => `${sumOf(bytes)}  ./${file}`) }
}

const drive = (dev: string, file: string, removable: boolean): Disk => ({
  ...{ kind: 'vbd', dev, path: file, format: 'raw', readonly: true, removable },
})

it('a CD image is a disk that an unmodified kernel mounts, and a drive whose disc is changed', async ({ skip }) => {
  const missing = missingProgram('xorriso')
  if (missing) return skip(`${missing} is not installed`)
  const debian = await debianGuest('cloud')
  if (!debian.ok) return skip(debian.error)
  const modules = await kernelModules(debian.value, ['xen-blkfront', 'isofs'])
  if (!modules.ok) return skip(modules.error)
  const first = disc('first', {
    'docs/read me.txt': Buffer.from('An ordinary text.\n'),
    'docs/a-name-that-only-Rock-Ridge-keeps-as-it-is.Tar.Gz': randomBytes(70_001),
    'deep/er/and/deeper/image.bin': randomBytes(5 * 1024 * 1024 + 3),
    empty: new Uint8Array(0),
  })
  const second = disc('second', { 'docs/read me.txt': Buffer.from('The next disc.\n'), 'more.bin': randomBytes(2_000_000) })
  const guest = new RunningGuest(machine)
  const { kernel, commandLine } = debian.value
  const ramdisk = ramdiskWith(debian.value, modules.value)
  await guest.boot({ kernel, ramdisk, commandLine: `${commandLine} quiet`, memoryMiB: 128 }, 1, [
    drive('xvda', first.image, false),
    drive('xvdb', first.image, true),
  ])
  await guest.expect(new RegExp(DEMO_PROMPT.replace(/[~#$]/g, '\\$&')), 120)
  await guest.run(`${insmods(modules.value)}; sleep 1; mkdir /disc`)
  const sums = async (dev: string): Promise<string[]> => {
    await guest.run(`mount -t iso9660 -o ro /dev/${dev} /disc && cd /disc`)
    const printed = await guest.run('find . -type f -exec md5sum {} + && cat link')
    await guest.run('cd /; umount /disc')
    return printed.trim().split('\n').sort()
  }
  expect(await sums('xvda')).toEqual([...first.sums, 'An ordinary text.'].sort())
  expect(await sums('xvdb')).toEqual([...first.sums, 'An ordinary text.'].sort())
  expect(await guest.run('echo x >/dev/xvda')).toContain('Operation not permitted')
  expect(await guest.run('cat /sys/block/xvd?/removable')).toBe('0\n1\n')

  const change = (file: string) =>
    machine.dom0.call('changeMedium', { handle: guest.handle, key: 'vbd/51728', path: file, format: 'raw' })
  expect(await change('')).toEqual({ ok: true, value: {} })
  expect(await guest.run('sleep 1; cat /sys/block/xvdb/size')).toBe('0\n')
  expect(await change(second.image)).toEqual({ ok: true, value: {} })
  expect(await guest.run('sleep 1; cat /sys/block/xvdb/size')).toBe(`${fs.statSync(second.image).size / 512}\n`)
  expect(await sums('xvdb')).toEqual([...second.sums, 'The next disc.'].sort())
  expect(guest.console).not.toMatch(/I\/O error|Kernel panic|BUG:/)
  expect(machine.log.filter((line) => line.startsWith('dom0 error'))).toEqual([])
}, 300_000)
