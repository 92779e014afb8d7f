// A machine that starts from its own disk, on the real engine: kernel, ramdisk and words come from the disk's boot menu, and a menu that
// was changed while it ran counts when it reboots. Skipped where Debian's kernel cannot be had. Runs in: vitest, on the bundles.
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { EmbeddedDriver } from '../../src-main/driver/embedded/embedded-driver'
import type { Disk } from '../../src-main/public/device'
import { NodeChannels, NodeForker } from '../../src-main/supervisor/node'
import { Supervisor } from '../../src-main/supervisor/supervisor'
import { makeExt } from '../support/boot-disk'
import { debianGuest } from '../support/debian-guest'
import { missingProgram } from '../support/programs'
import { makeToolstack, testCaller } from '../support/toolstack'

const bundleFolder = join(import.meta.dirname, '../../out/main')
const folder = mkdtempSync(join(tmpdir(), 'ringmaster-own-disk-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const files = await debianGuest('cloud')
const able = files.ok && missingProgram('mke2fs', 'debugfs') === undefined && existsSync(join(bundleFolder, 'domain.cjs'))
/** A slow machine boots in a minute. */
const PATIENCE = { timeout: 240_000, interval: 250 }

const menu = (mark: string, commandLine: string): string =>
  `set default=0\nmenuentry 'System ${mark}' {\n linux /boot/vmlinuz ${commandLine} mark=${mark}\n initrd /boot/initrd.img\n}\n`

describe.skipIf(!able)('a machine that starts from its own disk', () => {
  it('runs its kernel with its words, and the new ones after a reboot', async () => {
    if (!files.ok) return
    const { kernel, ramdisk, commandLine } = files.value
    const image = join(folder, 'system.img')
    const tree = { 'boot/vmlinuz': readFileSync(kernel), 'boot/initrd.img': readFileSync(ramdisk) }
    makeExt(image, { ...tree, 'boot/grub/grub.cfg': menu('one', commandLine) }, ['-t', 'ext4'], 96)
    const supervisor = new Supervisor({ forker: new NodeForker(), channels: new NodeChannels(), bundleFolder })
    const made = await makeToolstack({
      folder: join(folder, 'app'),
      driver: new EmbeddedDriver(supervisor, join(folder, 'domain0')),
    })
    try {
      const disk: Disk = { kind: 'vbd', dev: 'xvda', path: image, format: 'raw', readonly: true, removable: false }
      const config = { ...made.config('own'), memoryMiB: 192, kernel: '', devices: [disk] }
      const defined = await made.servers.domainDefine({ config, images: [], start: true }, testCaller())
      if (!defined.ok) throw new Error(JSON.stringify(defined.error))
      const { uuid } = defined.value
      const said = async (): Promise<string> => {
        const text = await made.driver.consoleText(uuid, 1 << 20)
        return text.ok ? text.value : ''
      }
      await expect.poll(said, PATIENCE).toMatch(/Command line: .*mark=one[\s\S]*demo:~# /)
      writeFileSync(join(folder, 'menu'), menu('two', commandLine))
      const change = ['rm /boot/grub/grub.cfg', `write ${join(folder, 'menu')} /boot/grub/grub.cfg`]
      for (const request of change) execFileSync('debugfs', ['-w', '-R', request, image], { stdio: 'pipe' })
      expect(await made.servers.domainReboot({ uuid }, testCaller())).toMatchObject({ ok: true })
      await expect.poll(said, PATIENCE).toMatch(/Command line: .*mark=two[\s\S]*demo:~# /)
      await made.servers.domainDestroy({ uuid }, testCaller())
    } finally {
      await made.close()
    }
  }, 600_000)
})
