// A Debian 12 system starts from its own disk: of what resources/debian/make-debian-image.sh makes only the disk is used, and the kernel
// and ramdisk are those that lie on it. To the login, and powered off from within. Minutes to make and to run.
// Runs in: vitest (long tier), on the bundles in out/main.
import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { EmbeddedDriver } from '../../src-main/driver/embedded/embedded-driver'
import type { Disk } from '../../src-main/public/device'
import { NodeChannels, NodeForker } from '../../src-main/supervisor/node'
import { Supervisor } from '../../src-main/supervisor/supervisor'
import { missingProgram } from '../support/programs'
import { makeToolstack, testCaller } from '../support/toolstack'

const ROOT = process.env['RINGMASTER_ROOT'] ?? path.resolve(import.meta.dirname, '../..')
const missing = missingProgram('mmdebstrap', 'mke2fs', 'unshare')
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ringmaster-debian-own-'))
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }))

const BOOTS = { timeout: 1_500_000, interval: 1000 }

describe('a Debian system', () => {
  it('starts from its own disk to the login', async ({ skip }) => {
    if (missing) return skip(`${missing} is not installed`)
    try {
      const script = path.join(ROOT, 'resources/debian/make-debian-image.sh')
      execFileSync('sh', [script, folder, '2048', 'linux-image-cloud-amd64'], { stdio: 'pipe' })
    } catch (error) {
      return skip(`no Debian system could be made here: ${error instanceof Error ? error.message.slice(-500) : error}`)
    }
    for (const name of ['vmlinuz', 'initrd.img']) fs.rmSync(path.join(folder, name))
    const bundleFolder = path.join(ROOT, 'out/main')
    const supervisor = new Supervisor({ forker: new NodeForker(), channels: new NodeChannels(), bundleFolder })
    const driver = new EmbeddedDriver(supervisor, path.join(folder, 'domain0'))
    const made = await makeToolstack({ folder: path.join(folder, 'app'), driver })
    try {
      const disk: Disk = {
        ...{ kind: 'vbd', dev: 'xvda', format: 'raw', readonly: false, removable: false },
        path: path.join(folder, 'debian.img'),
      }
      const config = { ...made.config('debian'), memoryMiB: 512, kernel: '', cmdline: 'cryptomgr.notests', devices: [disk] }
      const caller = { ...testCaller(), choseFile: () => true, allowsWriting: async () => true }
      const defined = await made.servers.domainDefine({ config, images: [], start: true }, caller)
      if (!defined.ok) throw new Error(JSON.stringify(defined.error))
      const { uuid } = defined.value
      const said = async (): Promise<string> => {
        const text = await made.driver.consoleText(uuid, 1 << 20)
        return text.ok ? text.value : ''
      }
      await expect.poll(said, BOOTS).toMatch(/login: $/)
      expect(await said()).toContain('root=/dev/xvda ro console=tty0 console=hvc0 cryptomgr.notests')
      await made.servers.domainShutdown({ uuid }, caller)
      await expect.poll(() => made.state(uuid), BOOTS).toBe('shutoff')
      execFileSync('e2fsck', ['-fn', disk.path], { stdio: 'pipe' })
    } finally {
      await made.close()
    }
  }, 3_600_000)
})
