// Nothing newer than the oldest runtime we run on: Electron 25 (Chromium 114, Node 18.15). The compiler sees to the
// language's library (lib ES2022) and to Node (types of 18); this looks for the rest: Electron's types are of 45, and
// nobody checks style sheets.
// Runs in: vitest, plain Node.
import { expect, it } from 'vitest'
import { filesBelow, read } from './sources'

/** What came later, with the version that brought it. A use behind a feature check gets its file named here. */
const TOO_NEW_FOR_ELECTRON_25 = [
  { what: /\bBaseWindow\b|\bWebContentsView\b|\bnavigationHistory\b/, since: 'Electron 30' },
  { what: /\bwebUtils\b/, since: 'Electron 29', checkedIn: 'src-renderer/preload.ts' },
  { what: /\bregisterPreloadScript\b/, since: 'Electron 35' },
] as const

const TOO_NEW_FOR_CHROMIUM_114 = [
  { what: /\blight-dark\(/, since: 'Chromium 123' },
  { what: /@starting-style\b/, since: 'Chromium 117' },
  { what: /\bfield-sizing\s*:/, since: 'Chromium 123' },
  { what: /\banchor-name\s*:|\bposition-anchor\s*:/, since: 'Chromium 125' },
] as const

it('main and preload use nothing of Electron that version 25 lacks', () => {
  const files = [...filesBelow('src-main', /\.ts$/), 'src-renderer/preload.ts']
  const wrong = files.flatMap((file) =>
    TOO_NEW_FOR_ELECTRON_25.filter((row) => row.what.test(read(file)) && !('checkedIn' in row && row.checkedIn === file)).map(
      ({ since }) => `${file}: ${since}`,
    ),
  )
  expect(wrong).toEqual([])
})

it('style sheets use nothing that Chromium 114 lacks', () => {
  const wrong = filesBelow('src-renderer', /\.css$/).flatMap((file) =>
    TOO_NEW_FOR_CHROMIUM_114.filter(({ what }) => what.test(read(file))).map(({ since }) => `${file}: ${since}`),
  )
  expect(wrong).toEqual([])
})
