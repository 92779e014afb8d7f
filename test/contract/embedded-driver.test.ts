// The contract on our own engine, its processes forked by plain Node, with Debian's kernel and the demo ramdisk as the guest.
// Skipped where those cannot be fetched. Runs in: vitest, plain Node.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ramBase } from '../../src-engine/isa/state-layout'
import { EmbeddedDriver } from '../../src-main/driver/embedded/embedded-driver'
import { NodeChannels, NodeForker } from '../../src-main/supervisor/node'
import { Supervisor } from '../../src-main/supervisor/supervisor'
import { debianGuest } from '../support/debian-guest'
import { driverContract } from './driver-contract'

const bundleFolder = join(__dirname, '../../out/main')
const files = await debianGuest('cloud')

function embedded(folder: string) {
  const channels = new NodeChannels()
  const supervisor = new Supervisor({ forker: new NodeForker(), channels, bundleFolder })
  return { driver: new EmbeddedDriver(supervisor, join(folder, 'domain0')), channels }
}

describe('the embedded driver', () => {
  it('allows as much memory as the engine has room for', () => {
    const supervisor = new Supervisor({ forker: new NodeForker(), channels: new NodeChannels(), bundleFolder })
    const { limits } = new EmbeddedDriver(supervisor, '')
    expect(limits.maxMemoryMiB).toBe(4096 - ramBase(1) / (1024 * 1024))
  })
})

if (files.ok && existsSync(join(bundleFolder, 'domain.cjs'))) {
  const { kernel, ramdisk, commandLine } = files.value
  driverContract('embedded', embedded, {
    config: () => ({ name: 'contract', memoryMiB: 192, vcpus: 1, kernel, ramdisk, cmdline: `${commandLine} quiet` }),
    prompt: 'demo:~# ',
    type: 'uname -a\r',
    answer: 'Linux',
    bootMs: 90_000,
  })
} else
  describe.skip(`the embedded driver on a guest: ${files.ok ? 'no engine bundles' : files.error}`, () => it('boots', () => {}))
