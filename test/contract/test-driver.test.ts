// The contract on the driver that exists only in memory. Runs in: vitest, plain Node.
import { TestDriver } from '../../src-main/driver/test/test-driver'
import { NodeChannels } from '../../src-main/supervisor/node'
import { driverContract } from './driver-contract'

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
