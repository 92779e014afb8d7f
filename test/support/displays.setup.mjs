// Before tests with windows: a virtual display for each file that runs at a time, so that no app takes another's keyboard or
// clipboard; they end with the run. APP_USE_DISPLAY=1 takes the desktop's own instead. Runs in: vitest's main process.
import { startXvfb } from '../../resources/tooling/system.mjs'

export default async function setup({ config }) {
  if (process.platform !== 'linux' || process.env.APP_USE_DISPLAY) return undefined
  const displays = await Promise.all(Array.from({ length: config.maxWorkers }, () => startXvfb('1440x1000x24')))
  process.env.RINGMASTER_DISPLAYS = displays.map(({ display }) => display).join(' ')
  return () => {
    for (const { stop } of displays) stop()
  }
}
