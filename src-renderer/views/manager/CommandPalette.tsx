// The command palette: a field, and below it every command and the machines that fit. Arrow keys choose, Enter does it.
// Invariant: the field has the keyboard and names the active row; what cannot be done now is shown and does nothing; no command is
// left out, whatever is typed or not: of machines there may be a thousand, and only some of them are shown.
// Runs in: manager window.

import { type KeyboardEvent, useEffect, useId, useMemo, useRef, useState } from 'react'
import { Dialog as AriaDialog, Modal, ModalOverlay } from 'react-aria-components'
import { goHome } from '../../components/home'
import { useWords } from '../../components/Language'
import { type Command, type CommandContext, commandsOf, domainCommands, findCommands } from './commands'

const MACHINES_SHOWN = 40

export interface CommandPaletteProps {
  readonly context: CommandContext
  readonly onRun: (id: string) => void
  readonly onClose: () => void
}

export function CommandPalette(props: CommandPaletteProps) {
  const { t } = useWords()
  const { context, onClose } = props
  const [typed, setTyped] = useState('')
  const [at, setAt] = useState(0)
  const list = useRef<HTMLDivElement>(null)
  const id = useId()
  const commands = useMemo(() => commandsOf(context), [context])
  const machines = useMemo(() => domainCommands(context), [context])
  const found = useMemo(
    () => findCommands([...commands, ...findCommands(machines, typed).slice(0, MACHINES_SHOWN)], typed),
    [commands, machines, typed],
  )
  const active = Math.min(at, found.length - 1)
  useEffect(() => goHome, [])

  const choose = (command: Command | undefined) => {
    if (command === undefined || command.disabled === true) return
    onClose()
    // After the dialog has given the keyboard back, so that what comes next may take it.
    setTimeout(() => props.onRun(command.id), 80)
  }
  const go = (index: number) => {
    const next = (index + found.length) % Math.max(1, found.length)
    setAt(next)
    list.current?.children[next]?.scrollIntoView({ block: 'nearest' })
  }
  const onKey = (event: KeyboardEvent) => {
    if (event.key === 'ArrowDown') go(active + 1)
    else if (event.key === 'ArrowUp') go(active - 1)
    else if (event.key === 'PageDown') go(Math.min(active + 10, found.length - 1))
    else if (event.key === 'PageUp') go(Math.max(active - 10, 0))
    else if (event.key === 'Enter') choose(found[active])
    else return
    event.preventDefault()
  }

  return (
    <ModalOverlay className="modal-backdrop palette-backdrop" isOpen isDismissable onOpenChange={(open) => !open && onClose()}>
      <Modal className="modal palette">
        <AriaDialog className="palette-dialog" aria-label={t('command.palette')}>
          <input
            className="input palette-input"
            // biome-ignore lint/a11y/noAutofocus: the palette is opened to type into it
            autoFocus
            role="combobox"
            aria-expanded="true"
            aria-controls={`${id}-list`}
            aria-activedescendant={found.length === 0 ? undefined : `${id}-${active}`}
            aria-autocomplete="list"
            aria-label={t('command.palette')}
            placeholder={t('command.placeholder')}
            spellCheck={false}
            value={typed}
            onChange={(event) => {
              setTyped(event.target.value)
              setAt(0)
            }}
            onKeyDown={onKey}
          />
          <div ref={list} className="palette-list" id={`${id}-list`} role="listbox" aria-label={t('command.palette')}>
            {found.map((command, index) => (
              // biome-ignore lint/a11y/useFocusableInteractive: the field has the keyboard
              // biome-ignore lint/a11y/useKeyWithClickEvents: the field has the keyboard
              <div
                key={command.id}
                id={`${id}-${index}`}
                role="option"
                aria-selected={index === active}
                aria-disabled={command.disabled === true}
                className={index === active ? 'palette-row active' : 'palette-row'}
                onClick={() => choose(command)}
                onPointerMove={() => setAt(index)}
              >
                <span className="palette-label">{command.label}</span>
                <span className="palette-note">{command.note}</span>
                {command.why !== undefined && <span className="palette-why">{command.why}</span>}
                {command.keys !== undefined && <kbd>{command.keys}</kbd>}
              </div>
            ))}
          </div>
          {found.length === 0 && <p className="palette-none muted">{t('command.none')}</p>}
        </AriaDialog>
      </Modal>
    </ModalOverlay>
  )
}
