// The contract on the driver that exists only in memory. Runs in: vitest, plain Node.
import { TestDriver } from '../../src-main/driver/test/test-driver'
import type { TestScript } from '../../src-main/driver/test/test-population'
import { NodeChannels } from '../../src-main/supervisor/node'
import { driverContract } from './driver-contract'
import { openingContract } from './opening-contract'

driverContract(
  'test',
  () => {
    const channels = new NodeChannels()
    return { driver: new TestDriver(channels), channels }
  },
  {
    config: () => ({ name: 'contract', memoryMiB: 64, vcpus: 1, kernel: '', ramdisk: null, cmdline: '', devices: [] }),
    prompt: '~ # ',
    type: 'uname -a',
    answer: 'Linux test',
    bootMs: 2000,
  },
)

const testDriver = (script: TestScript) => () => new TestDriver(new NodeChannels(), { delayMs: 0, script })

openingContract('test', testDriver({ domains: 0 }), {
  config: () => ({ name: 'contract', memoryMiB: 64, vcpus: 1, kernel: '', ramdisk: null, cmdline: '', devices: [] }),
  makeWithResidents: testDriver({ domains: 5, running: 3 }),
  makeSlow: testDriver({ domains: 0, openMs: 3_600_000 }),
  timeout: 60_000,
})
