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
    ['raw image in the page cache, no guest', 'requests/s', 'MB/s', 'us front', 'us domain 0', 'requests/s', 'MB/s'],
    ...synthetic.map((one) => {
      // On a busy machine the clock tells little: what each process needs of a processor says what two idle ones would carry.
      const slower = 1e6 / Math.max(one.frontMicroseconds, one.domain0Microseconds)
      const bytes = one.bytesPerSecond / one.requestsPerSecond
      return [
        one.name,
        ...[one.requestsPerSecond.toFixed(0), mega(one.bytesPerSecond)],
        ...[one.frontMicroseconds.toFixed(1), one.domain0Microseconds.toFixed(1)],
        ...[slower.toFixed(0), mega(slower * bytes)],
      ]
    }),
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
  const legend = 'us: processor time of a request; last two columns: with a core for each of the two processes'
  return { text: `${table(rows)}\n${legend}\n\n${table(guestRows)}`, json: { synthetic, guests } }
}
