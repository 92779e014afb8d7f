// `npm run -s bench -- io`: disks. First without a guest's processor (io-synthetic.ts), then with a guest beside QEMU (io-guest.ts).
// Runs in: plain Node.
import { benchGuest, type GuestResult, MEASURES } from './io-guest'
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
  const legend = 'us: processor time of a request; last two columns: with a core for each of the two processes'
  return { text: `${table(rows)}\n${legend}\n\n${table(guestRows(guests))}`, json: { synthetic, guests } }
}

/** A row a measure; for each image format the machines' medians, and the ratio of the first to the second. */
function guestRows(guests: readonly GuestResult[]): string[][] {
  const machines = [...new Set(guests.map(({ machine }) => machine))]
  const formats = [...new Set(guests.map(({ format }) => format))]
  const head = formats.flatMap((format) => [
    ...machines.map((machine) => `${format}: ${machine}`),
    ...(machines.length > 1 ? ['ratio'] : []),
  ])
  const rows = MEASURES.map(({ name, what, unit }) => {
    const cells = formats.flatMap((format) => {
      const figures = machines.map((machine) =>
        median(
          guests
            .filter((one) => one.machine === machine && one.format === format && one.measure === name)
            .map(({ figure }) => figure),
        ),
      )
      const [ours, theirs] = figures
      const ratio = ours !== undefined && theirs !== undefined ? [(ours / theirs).toFixed(2)] : []
      return [...figures.map((figure) => figure.toFixed(0)), ...ratio]
    })
    return [`${what}, ${unit}`, ...cells]
  })
  return [["Debian's cloud kernel", ...head], ...rows]
}
