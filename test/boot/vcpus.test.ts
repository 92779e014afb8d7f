// Debian's kernel on several vcpus: all come up by INIT and STARTUP, work runs on each of them, one goes off and on again, and the
// guest ends in each of the ways a guest ends. In the ordinary tier one guest of two vcpus goes through all of it but the bad ends.
import path from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { DEMO_PROMPT } from '../../src-main/toolstack/demo-guest'
import { debianGuest } from '../support/debian-guest'
import { headlessGuest } from '../support/headless-guest'
import { RunningGuest, TestMachine } from '../support/running-guest'
import { secondTries } from '../support/second-tries'

const escaped = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')
const PROMPT = escaped(DEMO_PROMPT)

/** Sums of the same bytes on each processor, and whether it has been busy. */
const work = (vcpus: number): string =>
  [
    `for i in $(seq 0 ${vcpus - 1}); do`,
    '(taskset -c $i sh -c "dd if=/dev/zero bs=1M count=2 2>/dev/null | sha256sum | cut -c1-16 | sed s/^/sum-$i-/") & done; wait;',
    'for i in $(seq 0 $(($(nproc) - 1))); do set -- $(grep "^cpu$i " /proc/stat); echo busy-$i-$(($2 + $4 > 0)); done',
  ].join(' ')
/** Of 2 MiB of zeroes. */
const SUM = '5647f05ec18958947d32874eeb788fa3'.slice(0, 16)

/** All of them did it, and none stood idle. */
function worked(vcpus: number, output: string): void {
  for (let vcpu = 0; vcpu < vcpus; vcpu++) {
    expect(output).toContain(`sum-${vcpu}-${SUM}`)
    expect(output).toContain(`busy-${vcpu}-1`)
  }
}
const FAULTS = /Kernel panic|BUG:|Oops|WARNING: CPU|rcu.*stall|soft lockup/

async function boot(vcpus: number, ...more: readonly string[]): ReturnType<typeof headlessGuest> {
  const guest = await debianGuest('cloud')
  if (!guest.ok) throw new Error(guest.error)
  return headlessGuest(
    ...['--kernel', guest.value.kernel, '--ramdisk', guest.value.ramdisk, '--memory', '160', '--vcpus', String(vcpus)],
    ...['--extra', guest.value.commandLine, '--timeout', '280', '--expect', PROMPT, ...more],
  )
}

describe("Debian's kernel on several vcpus", () => {
  for (const { vcpus, translator, tags } of [
    { vcpus: 2, translator: 'on', tags: [] },
    { vcpus: 2, translator: 'off', tags: 'long' },
    { vcpus: 4, translator: 'on', tags: 'long' },
  ]) {
    it(`${vcpus}, translator ${translator}`, { tags, timeout: 300_000 }, async ({ skip }) => {
      const guest = await debianGuest('cloud')
      if (!guest.ok) return skip(guest.error)
      const run = await boot(
        vcpus,
        ...['--send', 'grep -c ^processor /proc/cpuinfo', '--expect', `\\n${vcpus}\\r?\\n`],
        ...['--send', work(vcpus), '--expect', `busy-${vcpus - 1}-\\d`],
        ...['--send', 'cd /sys/devices/system/cpu; echo 0 > cpu1/online; cat online; echo 1 > cpu1/online; nproc; cat online'],
        ...['--expect', `\\n${vcpus}\\r?\\n0-${vcpus - 1}\\r?\\n`, '--send', 'poweroff'],
        ...['--expect', 'reboot: (System halted|Power down)', '--translator', translator],
      )
      expect(run.errors).toBe('')
      expect(run.status, run.output).toBe(0)
      worked(vcpus, run.output)
      expect(run.output).not.toMatch(FAULTS)
    })
  }

  for (const { what, command, status } of [
    { what: 'a reboot', command: 'reboot -f', status: 6 },
    { what: 'a crash', command: 'echo c > /proc/sysrq-trigger', status: 3 },
  ]) {
    it(`${what} of one vcpu stops the others`, { tags: 'long', timeout: 300_000 }, async ({ skip }) => {
      const guest = await debianGuest('cloud')
      if (!guest.ok) return skip(guest.error)
      const run = await boot(4, '--send', command, '--expect', 'never comes')
      expect(run.status, run.output + run.errors).toBe(status)
    })
  }
})

const machine = secondTries(new TestMachine())
afterAll(() => machine.dispose())

describe('two vcpus of four at the start', () => {
  it('are what the guest has when it answers, and a third comes into use', { tags: 'long', timeout: 300_000 }, async ({
    skip,
  }) => {
    const files = await debianGuest('cloud')
    if (!files.ok) return skip(files.error)
    const { kernel, ramdisk, commandLine } = files.value
    const guest = new RunningGuest(machine)
    await guest.boot({ kernel, ramdisk, commandLine: `${commandLine} quiet`, memoryMiB: 160, vcpus: 4, onlineVcpus: 2 }, 9)
    await guest.expect(new RegExp(PROMPT), 200)
    const online = () => guest.run('cat /sys/devices/system/cpu/online')
    await expect.poll(online, { timeout: 60_000 }).toBe('0-1\n')
    worked(2, await guest.run(work(2), 200))
    expect(await machine.dom0.call('setVcpus', { handle: guest.handle, vcpus: 3 })).toMatchObject({ ok: true })
    // To take it into use is udev's part, which is not here.
    const third = 'echo 1 2>/dev/null >/sys/devices/system/cpu/cpu2/online; cat /sys/devices/system/cpu/online'
    await expect.poll(async () => (await guest.run(third)).trim().split('\n').at(-1), { timeout: 60_000 }).toBe('0-2')
    expect(guest.console).not.toMatch(FAULTS)
    guest.dispose()
  })
})

describe('two vcpus that are busy', () => {
  it('come up, work, go off and on, by themselves and by the toolstack; stand still for a save, go on in the copy and in the origin', {
    tags: 'long',
    timeout: 400_000,
  }, async ({ skip }) => {
    const files = await debianGuest('cloud')
    if (!files.ok) return skip(files.error)
    const { kernel, ramdisk, commandLine } = files.value
    const origin = new RunningGuest(machine)
    await origin.boot({ kernel, ramdisk, commandLine: `${commandLine} quiet`, memoryMiB: 160, vcpus: 2 }, 1)
    await origin.expect(new RegExp(PROMPT), 200)

    const online = async (guest: RunningGuest): Promise<string> =>
      // The kernel makes the processor known again; to take it into use is udev's part, which is not here.
      (await guest.run('echo 1 2>/dev/null >/sys/devices/system/cpu/cpu1/online; cat /sys/devices/system/cpu/online'))
        .trim()
        .split('\n')
        .at(-1) ?? ''
    const becomes = async (guest: RunningGuest, vcpus: number, list: string): Promise<void> => {
      expect(await machine.dom0.call('setVcpus', { handle: guest.handle, vcpus })).toMatchObject({ ok: true })
      await expect.poll(() => online(guest), { timeout: 60_000 }).toBe(list)
    }
    expect(await online(origin)).toBe('0-1')
    expect(await origin.run('grep -c ^processor /proc/cpuinfo')).toBe('2\n')
    worked(2, await origin.run(work(2), 200))
    expect(await origin.run('cd /sys/devices/system/cpu; echo 0 > cpu1/online; cat online; nproc; cd /')).toMatch(/^0\n1$/m)
    expect(await online(origin)).toBe('0-1')
    await becomes(origin, 1, '0')
    await becomes(origin, 2, '0-1')
    expect(await machine.dom0.call('setVcpus', { handle: origin.handle, vcpus: 3 })).toMatchObject({
      ok: false,
      error: { message: 'The domain has at most 2 vcpus, not 3.' },
    })

    // A sum on each processor that takes some seconds, and the save in its middle.
    const job = 'n=0; i=0; while [ $i -lt 40000 ]; do i=$((i+1)); n=$(((n * 31 + i) % 1000003)); done; echo re""sult-$n'
    origin.type(`for c in 0 1; do taskset -c $c sh -c '${job}' & done; echo be""gun; wait; echo al""l\n`)
    await origin.expect(/begun/)
    await new Promise((resolve) => setTimeout(resolve, 500))
    const file = path.join(machine.directory, 'two.save')
    const saved = await origin.domain.call('save', { path: file, leaveRunning: true })
    expect(saved).toMatchObject({ ok: true })
    const copy = new RunningGuest(machine)
    await copy.restore(file, 2)
    let expected = 0
    for (let i = 1; i <= 40_000; i++) expected = (expected * 31 + i) % 1_000_003
    for (const guest of [copy, origin]) {
      await guest.expect(/(result-\d+[\s\S]*){2}all/, 200)
      expect([...guest.console.matchAll(/result-(\d+)/g)].map(([, n]) => Number(n))).toEqual([expected, expected])
      expect(await online(guest)).toBe('0-1')
    }
    // Saved while one of them is off, the copy has it off, and gets it back.
    await becomes(copy, 1, '0')
    const one = path.join(machine.directory, 'one.save')
    expect(await copy.domain.call('save', { path: one })).toMatchObject({ ok: true })
    copy.dispose()
    await machine.dom0.call('release', { handle: copy.handle })
    const again = new RunningGuest(machine)
    await again.restore(one, 3)
    const told = await machine.dom0.call('dumpStore', {})
    expect(told.ok && told.value.text).toMatch(/^\/local\/domain\/3\/cpu\/1\/availability = "offline"/m)
    expect(await online(again)).toBe('0')
    await becomes(again, 2, '0-1')
    origin.type('poweroff\n')
    await expect.poll(() => origin.exit?.reason, { timeout: 60_000 }).toBe('poweroff')
    for (const guest of [copy, again, origin]) expect(guest.console).not.toMatch(FAULTS)
  })
})
