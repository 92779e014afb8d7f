// Which tier of tests is running: the ordinary slice or, under `npm run -s test:long`, the full counts an issue names.
// A whole test that belongs to the long tier has the tag 'long', `it('…', { tags: 'long' }, …)`: one more case of what another test of the
// ordinary tier shows already. Each folder, feature and list of an issue keeps there its main path, one bad input, and where there is one
// a test by keyboard and one in German.
// Runs in: any test.

export const LONG = process.env['RINGMASTER_TIER'] === 'long'

/** A count for this tier. */
export const count = (short: number, long: number): number => (LONG ? long : short)
