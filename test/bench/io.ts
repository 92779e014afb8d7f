// `npm run -s bench -- io`: disks. First without a guest's processor (io-synthetic.ts), then with a guest beside QEMU (io-guest.ts).
// Runs in: plain Node.
import { benchGuest } from './io-guest'
import { benchSynthetic } from './io-synthetic'
import type { BenchOptions, BenchReport } from './main'
import { median, table } from './median'

const mega = (bytes: number): string => (bytes / 1e6).toFixed(0)

export async function benchIo({ runs }: BenchOptions): Promise<BenchReport> {
  const synthetic = await benchSynthetic()
  const rows = [
    ['raw image in the page cache, no guest', 'requests/s', 'MB/s', 'front, us CPU each', 'domain 0, us CPU each'],
    ...synthetic.map((one) => [
      one.name,
      ...[one.requestsPerSecond.toFixed(0), mega(one.bytesPerSecond)],
      ...[one.frontMicroseconds.toFixed(1), one.domain0Microseconds.toFixed(1)],
    ]),
  ]
  const guests = await benchGuest(runs)
  const machines = [...new Set(guests.map(({ machine }) => machine))]
  const medians = machines.map((machine) => {
    const own = guests.filter((one) => one.machine === machine)
    return {
      machine,
      read: median(own.map((one) => one.readBytesPerSecond)),
      write: median(own.map((one) => one.writeBytesPerSecond)),
    }
  })
  const [ours, qemu] = medians
  const guestRows = [
    ["Debian's cloud kernel, 1 MiB in order", 'read MB/s', 'write MB/s'],
    ...medians.map(({ machine, read, write }) => [machine, mega(read), mega(write)]),
    ...(ours && qemu ? [['ratio', (ours.read / qemu.read).toFixed(2), (ours.write / qemu.write).toFixed(2)]] : []),
  ]
  return { text: `${table(rows)}\n\n${table(guestRows)}`, json: { synthetic, guests } }
}
