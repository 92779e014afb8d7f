// How large windows were when they were closed, and whether they filled the screen, for each view and each machine; the newest are kept.
// Where they stood is not: window managers place windows themselves, and one that is told a place by us puts the frame there where we were
// told the inside, so that it would creep down by a title bar each time. virt-manager keeps the size only, too.
// Runs in: main and tests, plain Node.
import { fields, flag, list, shortText, type TypeOf, within } from '../../src-engine/public/shape'

const length = within(1, 100_000)
const sizeShape = fields({ key: shortText(80), width: length, height: length, maximised: flag })
export type WindowSize = TypeOf<typeof sizeShape>

export const windowSizesShape = fields({ sizes: list(sizeShape, 500) })
export type WindowSizes = TypeOf<typeof windowSizesShape>
export const noSizes: WindowSizes = { sizes: [] }

const SIZES_MOST = 200

/** With this one, which is the newest. */
export function sizesWith({ sizes }: WindowSizes, size: WindowSize): WindowSizes {
  return { sizes: [size, ...sizes.filter(({ key }) => key !== size.key)].slice(0, SIZES_MOST) }
}
