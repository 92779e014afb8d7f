// Which tier of tests is running: the ordinary slice or, under `npm run -s test:long`, the full counts an issue names.
// Runs in: any test.

export const LONG = process.env['RINGMASTER_TIER'] === 'long'

/** A count for this tier. */
export const count = (short: number, long: number): number => (LONG ? long : short)
