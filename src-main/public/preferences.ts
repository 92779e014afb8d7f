// What the user prefers, as windows and main share it. A file of an older version lacks fields and gets the defaults' for them;
// the number below goes up only when a field changes its meaning. Runs in: main, preload, renderer. No platform.
import { fields, flag, list, matching, oneOf, shortText, type TypeOf, within } from '../../src-engine/public/shape'
import { IMAGE_SIZE_MOST_MIB, WRITTEN_FORMATS } from './device'

export const PREFERENCES_VERSION = 1

export const THEMES = ['system', 'light', 'dark', 'contrast'] as const
export const SAMPLE_SECONDS = [1, 2, 3] as const
export const FONT_SIZES = { least: 8, most: 32 } as const
export const SCROLLBACK = { least: 0, most: 100_000 } as const
/** How a guest's screen is shown: fitted to its window, fitted in full screen alone, or a pixel of its for one of ours. */
export const SCREEN_SCALES = ['fit', 'fullScreen', 'exact'] as const
/** Codes of keys (KeyboardEvent.code) that, pressed and let go together, give the keyboard back. */
export const GRAB_KEYS_MOST = 4
export const GRAB_KEY = /^(Control|Alt|Shift|Meta)(Left|Right)$/

export const preferencesShape = fields({
  // general
  theme: oneOf(...THEMES),
  language: oneOf('system', 'en', 'de'),
  trayIcon: flag,
  /** On the desktop, while none of the app's windows has the keyboard. */
  notifications: flag,
  /** Ask before forcing a machine off; before shutting down, rebooting or saving one; before pausing; before taking a device away. */
  confirmDestroy: flag,
  confirmShutdown: flag,
  confirmPause: flag,
  confirmDetach: flag,

  /** Figures are taken this often. */
  sampleSeconds: within(1, 3),

  // what a new machine is proposed with
  newMemoryMiB: within(1, 4096),
  newDiskFormat: oneOf(...WRITTEN_FORMATS),
  newDiskGiB: within(1, IMAGE_SIZE_MOST_MIB / 1024),
  /** Name of a virtual network; empty for none. */
  newNetwork: shortText(64),
  /** As "1024x768"; empty for none. */
  newScreen: matching('a size of a screen', /^(\d{3,4}x\d{3,4})?$/),

  // screens and consoles
  screenScale: oneOf(...SCREEN_SCALES),
  grabKeys: list(matching('a modifier key', GRAB_KEY), GRAB_KEYS_MOST),
  consoleFontSize: within(FONT_SIZES.least, FONT_SIZES.most),
  consoleScrollback: within(SCROLLBACK.least, SCROLLBACK.most),
})
export type Preferences = TypeOf<typeof preferencesShape>

export const defaultPreferences: Preferences = {
  theme: 'system',
  language: 'system',
  trayIcon: true,
  notifications: true,
  confirmDestroy: true,
  confirmShutdown: false,
  confirmPause: false,
  confirmDetach: true,
  sampleSeconds: 1,
  newMemoryMiB: 256,
  newDiskFormat: 'qcow2',
  newDiskGiB: 8,
  newNetwork: 'default',
  newScreen: '',
  screenScale: 'fit',
  grabKeys: ['ControlLeft', 'AltLeft'],
  consoleFontSize: 13,
  consoleScrollback: 10_000,
}
