// Where things stand in the drawing of networks: the host at the left, networks beside it, machines with their interfaces at the
// right, cables between. Machines make the height and scroll; the networks stay in sight, so that a cable can be carried to
// any of them from anywhere. Only machines in sight are drawn: a thousand cost as much as ten. A narrow window has no box of the host
// (the networks say in words that they lead out), and where it is narrower still all columns are, before anything is off the side.
// All numbers are CSS pixels of the canvas, y from its top. Runs in: renderer and tests; pure.

import type { WiredMachine } from './wiring'

export const MARGIN = 16
export const HOST = { width: 164, height: 64 } as const
export const NETWORK = { height: 66, gap: 14 } as const
export const MACHINE = { head: 30, plug: 40, foot: 4, gap: 12, widest: 330 } as const
/** Widths, and the least room for cables between two columns: where there is room enough, and the least of a narrow window. */
const ROOMY = { network: 196, cables: 56, machine: 230 } as const
const NARROW = { network: 128, cables: 34, machine: 176 } as const

export interface View {
  readonly width: number
  readonly height: number
  readonly scrolled: number
}

export interface Box {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

export interface PlacedMachine extends Box {
  readonly machine: WiredMachine
}

export interface Layout {
  readonly width: number
  readonly height: number
  /** Not where it would cost the others their room. */
  readonly host: Box | null
  readonly networks: ReadonlyMap<string, Box>
  /** Those in sight, and one screen more in each direction. */
  readonly machines: readonly PlacedMachine[]
}

const heightOf = ({ plugs }: WiredMachine): number => MACHINE.head + plugs.length * MACHINE.plug + MACHINE.foot

/** Where a plug's cable ends, at the left side of its machine. */
export function plugEnd(placed: PlacedMachine, index: number): { readonly x: number; readonly y: number } {
  return { x: placed.x, y: placed.y + MACHINE.head + index * MACHINE.plug + MACHINE.plug / 2 }
}

/** Where the machine stands that has the plug, for bringing it in sight. */
export function topOf(machines: readonly WiredMachine[], plug: string): { readonly y: number; readonly height: number } {
  let y = MARGIN
  for (const machine of machines) {
    const height = heightOf(machine)
    if (machine.plugs.some(({ id }) => id === plug)) return { y, height }
    y += height + MACHINE.gap
  }
  return { y: 0, height: 0 }
}

/** Each network as high as the middle of its cables, in the order of these middles, none over another. */
function besideTheirPlugs(networks: readonly string[], all: readonly PlacedMachine[]): Map<string, number> {
  const ends = new Map<string, { sum: number; count: number }>(networks.map((name) => [name, { sum: 0, count: 0 }]))
  for (const placed of all) {
    for (const [index, { nic }] of placed.machine.plugs.entries()) {
      const end = ends.get(nic.network)
      if (end === undefined) continue
      end.sum += plugEnd(placed, index).y
      end.count++
    }
  }
  const middle = (name: string): number => {
    const { sum, count } = ends.get(name) ?? { sum: 0, count: 0 }
    return count === 0 ? Number.POSITIVE_INFINITY : sum / count
  }
  const tops = new Map<string, number>()
  let free = MARGIN
  for (const name of [...networks].sort((a, b) => middle(a) - middle(b) || networks.indexOf(a) - networks.indexOf(b))) {
    const wanted = middle(name) - NETWORK.height / 2
    const y = Math.max(free, Number.isFinite(wanted) ? wanted : free)
    tops.set(name, y)
    free = y + NETWORK.height + NETWORK.gap
  }
  return tops
}

/** Where the columns begin, and how wide they are. */
function columns(viewWidth: number) {
  const leastOf = (one: typeof ROOMY | typeof NARROW) => MARGIN * 2 + one.network + one.cables + one.machine
  const withHost = leastOf(ROOMY) + HOST.width + ROOMY.cables
  if (viewWidth < withHost) {
    const least = leastOf(NARROW)
    const width = Math.max(viewWidth, least)
    const share = Math.min(1, (width - least) / (leastOf(ROOMY) - least))
    const between = (column: keyof typeof ROOMY): number => NARROW[column] + share * (ROOMY[column] - NARROW[column])
    const spare = Math.max(0, width - leastOf(ROOMY))
    const machine = Math.min(MACHINE.widest, between('machine') + spare / 2)
    return { width, hasHost: false, networkX: MARGIN, network: between('network'), machine }
  }
  const spare = viewWidth - withHost
  return {
    width: viewWidth,
    hasHost: true,
    networkX: MARGIN + HOST.width + ROOMY.cables + Math.min(40, spare / 6),
    network: ROOMY.network,
    machine: Math.min(MACHINE.widest, ROOMY.machine + spare / 3),
  }
}

export function layOut(networks: readonly string[], machines: readonly WiredMachine[], view: View): Layout {
  const { width, hasHost, networkX, network, machine: machineWidth } = columns(view.width)
  const machineX = width - MARGIN - machineWidth

  const all: PlacedMachine[] = []
  let bottom = MARGIN
  for (const machine of machines) {
    const height = heightOf(machine)
    all.push({ machine, x: machineX, y: bottom, width: machineWidth, height })
    bottom += height + MACHINE.gap
  }
  const stacked = MARGIN * 2 + networks.length * (NETWORK.height + NETWORK.gap) - NETWORK.gap
  const height = Math.max(view.height, bottom + MARGIN - MACHINE.gap, stacked)
  // Networks that fit in the window stay there while machines scroll; more of them scroll along.
  const top = Math.max(0, Math.min(view.scrolled, height - Math.max(view.height, stacked)))
  const fits = height <= view.height
  const beside = fits ? besideTheirPlugs(networks, all) : undefined
  const boxes = new Map<string, Box>()
  for (const [index, name] of networks.entries()) {
    const y = beside?.get(name) ?? top + MARGIN + index * (NETWORK.height + NETWORK.gap)
    boxes.set(name, { x: networkX, y, width: network, height: NETWORK.height })
  }
  const tops = [...boxes.values()].map(({ y }) => y)
  const [highest, lowest] = [Math.min(...tops, height), Math.max(...tops, 0) + NETWORK.height]
  return {
    width,
    // Beside their plugs the last network may end below the machines.
    height: Math.max(height, lowest + MARGIN),
    host: hasHost ? { x: MARGIN, y: Math.max(MARGIN, (highest + lowest - HOST.height) / 2), ...HOST } : null,
    networks: boxes,
    machines: all.filter(
      (placed) => placed.y + placed.height > view.scrolled - view.height && placed.y < view.scrolled + view.height * 2,
    ),
  }
}

/** A cable, as the path of an SVG: leaves both ends level. */
export function cablePath(from: { x: number; y: number }, to: { x: number; y: number }): string {
  const bend = Math.max(24, Math.abs(to.x - from.x) / 2)
  return `M${from.x} ${from.y}C${from.x + bend} ${from.y} ${to.x - bend} ${to.y} ${to.x} ${to.y}`
}

/** The network at a point of the canvas. */
export function networkAt(layout: Layout, x: number, y: number): string | null {
  const near = NETWORK.gap / 2
  for (const [name, box] of layout.networks) {
    const inX = x >= box.x - near && x <= box.x + box.width + near
    if (inX && y >= box.y - near && y <= box.y + box.height + near) return name
  }
  return null
}
