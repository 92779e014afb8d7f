// How much time charts can show, in minutes. Runs in: renderer.
export const RANGES = [1, 10, 60, 360, 1440] as const
export type RangeMinutes = (typeof RANGES)[number]
