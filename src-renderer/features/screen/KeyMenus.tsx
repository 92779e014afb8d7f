// Keys that cannot be typed, to be sent or held, and the keyboards by which what was copied is typed. Runs in: domain window.

import { isKeymapName, KEYMAP_NAMES } from '../../../src-main/public/keymap'
import { labelOf, sendKeys } from '../../../src-main/public/send-keys'
import { Button } from '../../components/Button'
import { useWords } from '../../components/Language'
import { MenuButton } from '../../components/Menu'
import { stickyRows } from './sticky-modifiers'
import type { Paste } from './use-paste'

export interface SendKeysMenuProps {
  readonly disabled: boolean
  /** Modifiers that are held, by their rows. */
  readonly held: readonly string[]
  /** With a row of send-keys or of sticky-modifiers. */
  readonly onSend: (id: string) => void
}

export function SendKeysMenu({ disabled, held, onSend }: SendKeysMenuProps) {
  const { t } = useWords()
  return (
    <MenuButton
      icon="keyboard"
      label={t('screen.send-key')}
      text={t('screen.send-key')}
      disabled={disabled}
      entries={[
        ...sendKeys.map((row) => ({ kind: 'action' as const, id: row.id, label: labelOf(row, t.language) })),
        { kind: 'separator', id: 'modifiers' },
        ...stickyRows.map((row) => ({
          kind: 'action' as const,
          id: row.id,
          label: t('screen.hold', { key: labelOf(row, t.language) }),
          on: held.includes(row.id),
        })),
      ]}
      onAction={onSend}
    />
  )
}

/** While it types, the button that stops it. */
export function PasteMenu({ disabled, paste }: { readonly disabled: boolean; readonly paste: Paste }) {
  const { t } = useWords()
  if (paste.typing?.over === false)
    return <Button kind="tool" icon="close" label={t('screen.typing-stop')} onPress={paste.stop} />
  return (
    <MenuButton
      icon="paste"
      label={t('screen.paste')}
      disabled={disabled}
      entries={KEYMAP_NAMES.map((name) => ({ kind: 'action', id: name, label: t(`screen.paste-${name}`) }))}
      onAction={(id) => {
        if (isKeymapName(id)) void paste.start(id)
      }}
    />
  )
}
