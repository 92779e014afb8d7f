// `npm run -s screenshots [-- --only SCENE --language en --theme dark --scale 1 --readme]`: pictures of every window in light, dark and
// high contrast, English and German, at 100, 150, 200 and 300 %, and of every dialog at 100 and 200 % (many in all), into
// test-output/screenshots; `--only dialogs` makes only the latter, `--readme` renews the few that README
// shows. For people to look at: nothing is compared. Exit code 1 when a window could not be shown or wrote an error.
// Runs in: plain Node, bundled by resources/tooling/run.mjs, on the virtual display that it made.
import { copyFileSync, mkdirSync, rmSync } from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import type { Preferences } from '../../src-main/public/preferences'
import { languages } from '../../src-renderer/lib/translate'
import { playDialogs } from '../e2e/dialog-stage'
import { type PlayOptions, playScenes } from '../e2e/scenes'

const root = path.resolve(import.meta.dirname, '../..')
const THEMES = ['light', 'dark', 'contrast'] as const satisfies readonly Preferences['theme'][]
const DIALOGS = 'dialogs'
const SCALES = [1, 1.5, 2, 3] as const

/** Picture in light, English, 100 % → its name in resources/screenshots. */
const README: Readonly<Record<string, string>> = {
  'manager-list': 'manager.png',
  'domain-tab-performance': 'machine.png',
  'doctor-first': 'doctor.png',
}

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    language: { type: 'string' },
    theme: { type: 'string' },
    scale: { type: 'string' },
    out: { type: 'string', default: path.join(root, 'test-output/screenshots') },
    readme: { type: 'boolean', default: false },
  },
})

async function main(): Promise<number> {
  const { only, out, readme } = values
  const isWhole = !readme && [only, values.language, values.theme, values.scale].every((each) => each === undefined)
  if (isWhole) rmSync(out, { recursive: true, force: true })
  mkdirSync(out, { recursive: true })
  if (readme) mkdirSync(path.join(root, 'resources/screenshots'), { recursive: true })
  let failures = 0
  const wanted = <T extends string | number>(all: readonly T[], chosen: string | undefined): readonly T[] =>
    readme ? all.slice(0, 1) : chosen === undefined ? all : all.filter((each) => String(each) === chosen)
  for (const language of wanted(languages, values.language)) {
    for (const theme of wanted(THEMES, values.theme)) {
      for (const scale of wanted(SCALES, values.scale)) {
        const folder = path.join(out, `${language}-${theme}-${scale * 100}`)
        mkdirSync(folder, { recursive: true })
        let pictures = 0
        const options: PlayOptions = {
          language,
          theme,
          scale,
          ...(only !== undefined && { only }),
          ...(readme && { ageMs: 55_000 }),
          show: async (page, name) => {
            const file = path.join(folder, `${name}.png`)
            await page.screenshot({ path: file })
            pictures++
            const shown = README[name]
            if (readme && shown !== undefined) copyFileSync(file, path.join(root, 'resources/screenshots', shown))
          },
          failed: (scene, reason) => {
            failures++
            console.error(
              `${scene} (${language}, ${theme}, ${scale}): ${reason instanceof Error ? reason.message : String(reason)}`,
            )
          },
        }
        if (only !== DIALOGS) await playScenes(options)
        const isTheirs = (scale === 1 || scale === 2) && !readme
        if (isTheirs && (only === undefined || only === DIALOGS)) await playDialogs(options)
        console.log(`${folder}: ${pictures} pictures`)
      }
    }
  }
  return failures === 0 ? 0 : 1
}

main().then(
  (code) => process.exit(code),
  (thrown: unknown) => {
    console.error(thrown)
    process.exit(1)
  },
)
