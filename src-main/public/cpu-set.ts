// Sets of the host's processors as libvirt and xl write them: numbers and ranges with commas between, `^3` takes one away again.
// Source: libvirt's formatdomain (cpuset), xl.cfg(5) (cpus). Runs in: main, preload, renderer. No platform.

/** Numbers of processors are below this. */
const PROCESSORS_MOST = 1024

/** The processors in ascending order; undefined: no such set, or an empty one. */
export function parseCpuSet(text: string): readonly number[] | undefined {
  const chosen = new Set<number>()
  for (const part of text.split(',')) {
    const form = /^\s*(\^?)(\d{1,4})(?:-(\d{1,4}))?\s*$/.exec(part)
    if (!form) return undefined
    const [, not, first = '', last = first] = form
    if (Number(first) > Number(last) || Number(last) >= PROCESSORS_MOST) return undefined
    for (let processor = Number(first); processor <= Number(last); processor++) {
      if (not) chosen.delete(processor)
      else chosen.add(processor)
    }
  }
  return chosen.size > 0 ? [...chosen].sort((a, b) => a - b) : undefined
}
