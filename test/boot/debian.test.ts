// Debian's kernels, unmodified, boot to a BusyBox shell, do what is typed, and power off.
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { DEMO_MARKER, DEMO_PROMPT, type DemoKernel } from '../../src-main/toolstack/demo-guest'
import { debianGuest } from '../support/debian-guest'
import { headlessGuest } from '../support/headless-guest'
import { LONG } from '../support/tier'

/** In the ordinary tier the smallest guest and the other kernel; the long tier has all and the ciphers' self-tests too. */
const ROWS: { readonly kernel: DemoKernel; readonly memory: number; readonly long: boolean }[] = [
  { kernel: 'cloud', memory: 128, long: false },
  { kernel: 'cloud', memory: 256, long: true },
  { kernel: 'cloud', memory: 2048, long: true },
  { kernel: 'standard', memory: 256, long: false },
]

const escaped = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')

describe("Debian's kernels boot to a shell, run commands, and power off", () => {
  for (const { kernel, memory, long } of ROWS) {
    it(`${kernel}, ${memory} MiB`, { tags: long ? ['long'] : [], timeout: 300_000 }, async ({ skip }) => {
      const guest = await debianGuest(kernel)
      if (!guest.ok) return skip(guest.error)
      const run = await headlessGuest(
        ...['--kernel', guest.value.kernel, '--ramdisk', guest.value.ramdisk, '--memory', String(memory)],
        ...['--extra', LONG ? 'console=hvc0' : guest.value.commandLine, '--timeout', '280'],
        ...['--expect', escaped(DEMO_MARKER)],
        ...['--expect', escaped(DEMO_PROMPT), '--send', 'uname -r; echo $((6*7)) answers'],
        ...['--expect', `\\n${escaped(guest.value.release)}\\r?\\n42 answers`, '--send', 'free -m | grep Mem:'],
        ...['--expect', '\\nMem: +\\d+', '--send', 'cat /sys/hypervisor/type; wc -c /bin/busybox | md5sum'],
        ...['--expect', '\\nxen\\r?\\n[0-9a-f]{32}', '--send', 'poweroff'],
        ...['--expect', 'reboot: (System halted|Power down)'],
      )
      expect(run.errors).toBe('')
      expect(run.status, run.output).toBe(0)
      // What Linux calls the total is the RAM less its own image: with the same kernel between half of it and all.
      const total = Number(/Mem: +(\d+)/.exec(run.output)?.[1])
      expect(total).toBeGreaterThan(memory / 2)
      expect(total).toBeLessThan(memory)
      expect(run.output).not.toMatch(/Kernel panic|BUG:|Oops|WARNING: CPU/)
    })
  }

  it('asks its disk for a mebibyte at a time', { tags: 'long', timeout: 300_000 }, async ({ skip }) => {
    const guest = await debianGuest('cloud')
    if (!guest.ok) return skip(guest.error)
    const folder = mkdtempSync(path.join(os.tmpdir(), 'ringmaster-demo-'))
    try {
      const disk = path.join(folder, 'disk.raw')
      writeFileSync(disk, '')
      truncateSync(disk, 8 * 1024 * 1024)
      const run = await headlessGuest(
        ...['--kernel', guest.value.kernel, '--ramdisk', guest.value.ramdisk, '--memory', '128', '--timeout', '120'],
        ...['--extra', guest.value.commandLine, '--disk', `${disk},format=raw`],
        ...['--expect', escaped(DEMO_PROMPT)],
        ...['--send', 'dd if=/dev/xvda bs=1M count=8 iflag=direct | wc -c; cat /sys/block/xvda/queue/max_sectors_kb'],
        ...['--expect', `\n8388608\r?\n1024\r?\n[^]*${escaped(DEMO_PROMPT)}`, '--send', 'poweroff'],
      )
      expect(run.status, run.output + run.errors).toBe(0)
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })

  it('has its interface at the first prompt, and the kernel’s notes are not written over it', {
    tags: 'long',
    timeout: 300_000,
  }, async ({ skip }) => {
    const guest = await debianGuest('cloud')
    if (!guest.ok) return skip(guest.error)
    const run = await headlessGuest(
      ...['--kernel', guest.value.kernel, '--ramdisk', guest.value.ramdisk, '--memory', '128', '--timeout', '120'],
      ...['--extra', guest.value.commandLine, '--vif', 'default'],
      ...['--expect', escaped(DEMO_PROMPT), '--send', 'udhcpc -n -q; ip addr show eth0'],
      ...['--expect', `inet 10\\.0\\.2\\.\\d+/24[^]*${escaped(DEMO_PROMPT)}`],
      ...['--send', 'echo "<5>a note" >/dev/kmsg; echo "<4>a warning" >/dev/kmsg; dmesg | grep -c "a note"'],
      ...['--expect', `a warning[^]*\\n1\\r?\\n[^]*${escaped(DEMO_PROMPT)}`, '--send', 'poweroff'],
    )
    expect(run.status, run.output + run.errors).toBe(0)
    expect(run.output).not.toMatch(/No such device|\] a note/)
  })

  it('and with no expectation the status is 0 when the guest has powered itself off', async ({ skip }) => {
    const guest = await debianGuest('cloud')
    if (!guest.ok) return skip(guest.error)
    // The kernel runs the file named by rdinit= as process 1.
    const run = await headlessGuest(
      ...['--kernel', guest.value.kernel, '--ramdisk', guest.value.ramdisk, '--memory', '128', '--timeout', '100'],
      ...['--extra', `${guest.value.commandLine} quiet rdinit=/bin/busybox -- poweroff -f`],
    )
    expect(run.status, run.output + run.errors).toBe(0)
    expect(run.dmesg).toMatch(/poweroff/)
  }, 120_000)
})
