// What the menu bar does to the window itself, for the palette: close it, other sizes, full screen. Their keys are the menu bar's.
// Runs in: manager window; the table in tests too.

import { useEffect, useRef } from 'react'
import { type ShortcutId, shortcuts } from '../../../src-main/public/shortcuts'
import { useClient } from '../../client/Client'
import { keyText } from '../../lib/keys'
import type { MessageKey } from '../../lib/messages'
import type { Translator } from '../../lib/translate'

const windowTable = [
  { id: 'window-close', label: 'keyboard.close', shortcut: 'close' },
  { id: 'window-larger', label: 'command.larger', shortcut: 'zoomIn' },
  { id: 'window-smaller', label: 'command.smaller', shortcut: 'zoomOut' },
  { id: 'window-usual-size', label: 'command.usual-size', shortcut: 'zoomReset' },
  { id: 'window-full-screen', label: 'command.full-screen', shortcut: 'fullScreen' },
] as const satisfies readonly { readonly id: string; readonly label: MessageKey; readonly shortcut: ShortcutId }[]

export type WindowCommandId = (typeof windowTable)[number]['id']

export function windowCommands(
  t: Translator,
): readonly { readonly id: string; readonly label: string; readonly keys: string }[] {
  return windowTable.map(({ id, label, shortcut }) => ({ id, label: t(label), keys: keyText(shortcuts[shortcut].keys, t) }))
}

export function useWindowCommands(): Readonly<Record<WindowCommandId, () => void>> {
  const client = useClient()
  const full = useRef(false)
  useEffect(
    () =>
      client.subscribe('fullScreenChanged', ({ on }) => {
        full.current = on
      }),
    [client],
  )
  const zoom = (step: 'in' | 'out' | 'reset') => () => void client.call('windowZoom', { step })
  return {
    'window-close': () => void client.call('windowClose', {}),
    'window-larger': zoom('in'),
    'window-smaller': zoom('out'),
    'window-usual-size': zoom('reset'),
    'window-full-screen': () => void client.call('windowFullScreen', { on: !full.current }),
  }
}
