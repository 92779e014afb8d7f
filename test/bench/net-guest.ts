// TCP throughput and round trips of a guest: Debian's cloud kernel fetches twice from and sends to a server on the host's loopback, once
// with its xen-netfront in our headless runner, once with virtio and user networking in qemu-system-x86_64 -accel tcg. Same kernel,
// same program, the guest's own clock. Runs in: plain Node, on the bundles in out/main.
import net from 'node:net'
import path from 'node:path'
import { debianGuest, kernelModules, ramdiskWith } from '../support/debian-guest'
import { cannotRunQemu } from '../support/micro-kernel'
import { outputOf, secondsOf } from './guest-output'
import { median } from './median'

const SIZE_MIB = 64
const TIMEOUT_MS = 600_000
const PINGS = 30
/** Between the first pings and those after them: V8 optimises both event loops for some 150 of them (src-engine/backend/README.md). */
const WARMING_PINGS = 200

const initOf = (gateway: string, source: number, sink: number): string => `#!/bin/busybox sh
/bin/busybox --install -s /bin
mkdir -p /proc /sys /dev
mount -t proc proc /proc; mount -t devtmpfs devtmpfs /dev
for round in 1 2 3; do for module in /modules/*.ko; do insmod $module; done; done 2>/dev/null
sleep 1
ip link set eth0 up; ip addr add 10.0.2.15/24 dev eth0
now() { read up rest </proc/uptime; echo "$1 $up"; }
ping -c ${PINGS} -i 0.1 ${gateway}
ping -c ${WARMING_PINGS} -i 0.005 ${gateway} >/dev/null; sleep 1
echo ping-again; ping -c ${PINGS} -i 0.1 ${gateway}
now first-from; nc ${gateway} ${source} </dev/null >/dev/null; now first-to
now receive-from; nc ${gateway} ${source} </dev/null >/dev/null; now receive-to
now send-from; dd if=/dev/zero bs=64k count=${SIZE_MIB * 16} 2>/dev/null | nc ${gateway} ${sink} >/dev/null; now send-to
echo BENCH END
poweroff -f
`

export interface NetGuestResult {
  readonly machine: string
  /** Mbit/s: of the first transfer, while the guest's code is still being translated, and of the next. */
  readonly first: number
  readonly receive: number
  readonly send: number
  /**
   * Medians of the round trips ping tells, ms: of the first, while code is still being optimised, and after many others. Its average is
   * that of the very first, which resolves the address and finds all code cold.
   */
  readonly firstPing: number
  readonly ping: number
}

export async function benchNetGuest(runs: number): Promise<NetGuestResult[]> {
  const guest = await debianGuest('cloud')
  if (!guest.ok) throw new Error(guest.error)
  const modules = await kernelModules(guest.value, ['xen-netfront', 'virtio_pci', 'virtio_net'])
  if (!modules.ok) throw new Error(modules.error)
  const chunk = Buffer.alloc(SIZE_MIB * 1024 * 1024)
  const source = await listening((socket) => socket.end(chunk))
  const sink = await listening((socket) => {
    let left = chunk.length
    socket.on('data', (data) => {
      left -= data.length
      if (left <= 0) socket.end()
    })
  })
  const root = process.env['RINGMASTER_ROOT'] ?? process.cwd()
  const { kernel, commandLine } = guest.value
  const options = 'quiet rdinit=/bench-init'
  const ramdisk = (gateway: string): string =>
    ramdiskWith(guest.value, [
      ...modules.value,
      { path: 'bench-init', content: Buffer.from(initOf(gateway, source.port, sink.port)) },
    ])
  const machines = [
    {
      machine: 'ours',
      program: process.execPath,
      args: [
        ...[path.join(root, 'out/main/guest.cjs'), '--kernel', kernel, '--ramdisk', ramdisk('10.0.2.1')],
        ...['--vif', 'default', '--memory', '256', '--extra', `${commandLine} ${options}`],
        ...['--timeout', String(TIMEOUT_MS / 1000)],
      ],
    },
    ...(cannotRunQemu()
      ? []
      : [
          {
            machine: 'qemu tcg, virtio, user networking',
            program: 'qemu-system-x86_64',
            args: [
              ...['-accel', 'tcg', '-m', '256', '-kernel', kernel, '-initrd', ramdisk('10.0.2.2'), '-nographic', '-no-reboot'],
              ...['-append', `console=ttyS0 cryptomgr.notests net.ifnames=0 ${options}`],
              ...['-netdev', 'user,id=n', '-device', 'virtio-net-pci,netdev=n,romfile='],
            ],
          },
        ]),
  ]
  const results: NetGuestResult[] = []
  try {
    for (let run = 0; run < runs; run++) {
      for (const { machine, program, args } of machines)
        results.push({ machine, ...figures(await outputOf(program, args, TIMEOUT_MS)) })
    }
  } finally {
    source.server.close()
    sink.server.close()
  }
  return results
}

function listening(handle: (socket: net.Socket) => void): Promise<{ port: number; server: net.Server }> {
  return new Promise((resolve) => {
    const server = net.createServer(handle)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      resolve({ port: typeof address === 'object' && address ? address.port : 0, server })
    })
  })
}

function figures(output: string): Omit<NetGuestResult, 'machine'> {
  const rate = (what: string): number => (SIZE_MIB * 8 * 1.048576) / secondsOf(output, what)
  const [first = '', again = ''] = output.split('ping-again')
  return {
    first: rate('first'),
    receive: rate('receive'),
    send: rate('send'),
    firstPing: median(roundTrips(first)),
    ping: median(roundTrips(again)),
  }
}

function roundTrips(output: string): number[] {
  return [...output.matchAll(/ time=([\d.]+) ms/g)].map(([, time]) => Number(time))
}
