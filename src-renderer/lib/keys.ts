// How keys are written for people: Ctrl+N is Strg+N in German, and a chord of modifiers says on which side its keys are.
// Runs in: renderer and tests; pure.

import type { MessageKey } from './messages'
import type { Translator } from './translate'

/** Names that differ between languages; all others are as they are printed on keys. */
const NAMES = {
  CmdOrCtrl: 'key.ctrl',
  Ctrl: 'key.ctrl',
  Control: 'key.ctrl',
  Shift: 'key.shift',
  Meta: 'key.meta',
  Enter: 'key.enter',
  Delete: 'key.delete',
  Escape: 'key.escape',
  Plus: 'key.plus',
  'Up/Down': 'key.up-down',
  'Left/Right': 'key.left-right',
} as const satisfies Record<string, MessageKey>

function isNamed(name: string): name is keyof typeof NAMES {
  return Object.hasOwn(NAMES, name)
}

export function keyText(accelerator: string, t: Translator): string {
  return accelerator
    .split('+')
    .map((name) => (isNamed(name) ? t(NAMES[name]) : name))
    .join('+')
}

/** ControlLeft and AltLeft: “Ctrl+Alt” in short, “left Ctrl+Alt” in full. */
export function chordText(codes: readonly string[], t: Translator, length: 'short' | 'full' = 'full'): string {
  const names = codes.map((code) => keyText(code.replace(/(Left|Right)$/, ''), t)).join('+')
  if (length === 'short') return names
  if (codes.every((code) => code.endsWith('Left'))) return t('key.on-left', { keys: names })
  if (codes.every((code) => code.endsWith('Right'))) return t('key.on-right', { keys: names })
  return codes.map((code) => chordText([code], t)).join('+')
}
