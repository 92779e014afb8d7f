// The keyboard map: every action with its keys, by where they work. Rows come from the table that menus take theirs from.
// Runs in: preferences window.

import { Fragment } from 'react'
import { type ShortcutId, type ShortcutRow, shortcuts } from '../../../src-main/public/shortcuts'
import { useWords } from '../../components/Language'
import { chordText, keyText } from '../../lib/keys'
import type { PageProps } from './pages'

/** What each does, in the catalogue's words. */
const labels = {
  newMachine: 'action.new',
  close: 'keyboard.close',
  quit: 'action.quit',
  zoomIn: 'command.larger',
  zoomOut: 'command.smaller',
  zoomReset: 'command.usual-size',
  wall: 'action.wall',
  fullScreen: 'screen.full',
  palette: 'command.palette',
  keyMap: 'command.keys',
  find: 'keyboard.find',
  run: 'action.run',
  pause: 'action.pause',
  shutdown: 'action.shutdown',
  folder: 'action.folder',
  tags: 'action.tags',
  open: 'action.open',
  remove: 'action.delete',
  menu: 'keyboard.menu',
  step: 'keyboard.step',
  more: 'keyboard.select-more',
  all: 'keyboard.select-all',
  fold: 'keyboard.fold',
  rename: 'action.rename',
  undo: 'action.undo',
  next: 'keyboard.next',
  previous: 'keyboard.previous',
  leaveDialog: 'keyboard.leave-dialog',
  tabs: 'keyboard.tabs',
  leaveConsole: 'keyboard.leave-console',
  findText: 'console.find',
  copy: 'console.copy',
  paste: 'console.paste',
} as const satisfies Record<ShortcutId, string>

const places = ['app', 'list', 'form', 'console'] as const satisfies readonly ShortcutRow['place'][]

function isShortcut(id: string): id is ShortcutId {
  return Object.hasOwn(shortcuts, id)
}

/** Where the page is narrow a line ends behind a plus. */
function Keys({ text }: { readonly text: string }) {
  return (
    <kbd>
      {text.split('+').map((part, place) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: parts of one text, which keep their places
        <Fragment key={place}>
          {place > 0 && (
            <>
              +<wbr />
            </>
          )}
          {part}
        </Fragment>
      ))}
    </kbd>
  )
}

export function KeyboardPage({ preferences }: PageProps) {
  const { t } = useWords()
  const ids = Object.keys(shortcuts).filter(isShortcut)
  return (
    <table className="keyboard-map selectable">
      <thead className="visually-hidden">
        <tr>
          <th scope="col">{t('keyboard.action')}</th>
          <th scope="col">{t('keyboard.keys')}</th>
          <th scope="col">{t('keyboard.in-domain')}</th>
        </tr>
      </thead>
      {places.map((place) => (
        <tbody key={place}>
          <tr>
            <th scope="colgroup" colSpan={2}>
              {t(`keyboard.place-${place}`)}
            </th>
            <td className="muted small">{place === 'app' && t('keyboard.in-domain')}</td>
          </tr>
          {ids
            .filter((id) => shortcuts[id].place === place)
            .map((id) => {
              const row: ShortcutRow = shortcuts[id]
              return (
                <tr key={id}>
                  <td>{t(labels[id])}</td>
                  <td colSpan={row.inDomain === undefined ? 2 : 1}>
                    <Keys text={keyText(row.keys, t)} />
                    {row.also !== undefined && <Keys text={keyText(row.also, t)} />}
                  </td>
                  {row.inDomain !== undefined && (
                    <td>
                      <Keys text={keyText(row.inDomain, t)} />
                    </td>
                  )}
                </tr>
              )
            })}
          {place === 'console' && (
            <tr>
              <td>{t('keyboard.release')}</td>
              <td colSpan={2}>
                <Keys text={chordText(preferences.grabKeys, t)} />
              </td>
            </tr>
          )}
        </tbody>
      ))}
    </table>
  )
}
