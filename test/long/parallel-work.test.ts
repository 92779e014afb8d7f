// Parallel work of a Debian guest with 2 and with 4 vcpus, half an hour each: stress-ng, whose stressors check what they compute, over
// processors, memory, atomics, futexes, pipes, processes and sockets. RINGMASTER_MINUTES makes it shorter.
// Runs in: vitest (long tier), on the bundles in out/main.
import { mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { debianSystem, ownImage, scriptDisk, scriptWords } from '../support/debian-system'
import { headlessGuest } from '../support/headless-guest'

const MINUTES = Number(process.env['RINGMASTER_MINUTES'] ?? 30)
const STRESSORS = [
  ...['--cpu 2 --cpu-method all', '--matrix 1', '--vm 1 --vm-bytes 48M', '--mmap 1 --mmap-bytes 16M', '--atomic 2', '--zlib 1'],
  ...['--futex 1', '--mutex 1', '--sem 1', '--switch 1', '--pipe 1', '--fork 1', '--sock 1'],
].join(' ')
const SCRIPT = `mount -t proc proc /proc; mount -t tmpfs tmpfs /tmp; mount -t tmpfs tmpfs /run; ip link set lo up; cd /tmp
stress-ng ${STRESSORS} --verify --metrics-brief --timeout ${MINUTES}m; echo stress-status-$?
dmesg | grep -E 'BUG|Oops|soft lockup|rcu.*stall|segfault'; busybox poweroff -f`

const folder = mkdtempSync(path.join(os.tmpdir(), 'ringmaster-parallel-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('parallel work', () => {
  it.each([2, 4])(
    'of %i vcpus computes what it should',
    async (vcpus) => {
      const system = debianSystem()
      if (!system.ok) throw new Error(system.error)
      const { kernel, ramdisk } = system.value
      const run = await headlessGuest(
        ...['--kernel', kernel, '--ramdisk', ramdisk, '--memory', '512', '--vcpus', String(vcpus)],
        ...['--extra', `console=hvc0 quiet cryptomgr.notests ${scriptWords('xvd')}`, '--timeout', String(MINUTES * 60 + 3600)],
        ...['--disk', ownImage(system.value, path.join(folder, 'root.img'))],
        ...['--disk', `${scriptDisk(path.join(folder, 'script.img'), SCRIPT)},ro`],
      )
      const words = run.output.replaceAll('\r', '')
      expect(words, run.errors).toContain('stress-status-0')
      expect(words).toContain('successful run completed')
      expect(words).not.toMatch(/BUG:|Oops|soft lockup|rcu.*stall|segfault|stress-ng: fail/)
      expect(run.status, run.errors).toBe(0)
    },
    (MINUTES + 70) * 60_000,
  )
})
