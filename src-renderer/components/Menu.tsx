// Menus: on a button, or at a point of the window (context menu). Arrow keys, type-ahead and Escape come with the library.
// Invariant: an entry that cannot be chosen now stays in its place, greyed, so that hands find the others.
// Runs in: every window.

import { type ReactNode, useRef } from 'react'
import { Menu as AriaMenu, MenuItem, MenuTrigger, Popover, Separator, Tooltip, TooltipTrigger } from 'react-aria-components'
import { Button } from './Button'
import { Icon, type IconName } from './Icon'

export type MenuEntry =
  | { readonly kind: 'separator'; readonly id: string }
  | {
      readonly kind: 'action'
      readonly id: string
      readonly label: string
      readonly icon?: IconName
      readonly keys?: string
      readonly danger?: boolean
      readonly disabled?: boolean
      /** Why it cannot be chosen, under its name. */
      readonly reason?: string
      /** Ticked or not; left out where there is nothing to tick. */
      readonly on?: boolean
    }

interface ActionsProps {
  readonly label: string
  readonly entries: readonly MenuEntry[]
  readonly onAction: (id: string) => void
  readonly onClose?: () => void
  /** The library decides for a menu on a button; a menu opened with the mouse has nothing chosen yet. */
  readonly focus?: 'first' | 'menu'
}

function Actions(props: ActionsProps) {
  const disabled = props.entries.flatMap((entry) => (entry.kind === 'action' && entry.disabled === true ? [entry.id] : []))
  return (
    <AriaMenu
      className="menu"
      aria-label={props.label}
      {...(props.focus !== undefined && { autoFocus: props.focus === 'first' ? ('first' as const) : true })}
      disabledKeys={disabled}
      onAction={(key) => props.onAction(String(key))}
      {...(props.onClose !== undefined && { onClose: props.onClose })}
    >
      {props.entries.map(
        (entry): ReactNode =>
          entry.kind === 'separator' ? (
            <Separator key={entry.id} className="menu-separator" />
          ) : (
            <MenuItem
              key={entry.id}
              id={entry.id}
              textValue={entry.label}
              className={entry.danger === true ? 'menu-item danger' : 'menu-item'}
            >
              {entry.on === true ? (
                <Icon name="check" />
              ) : entry.icon === undefined ? (
                <span className="icon" />
              ) : (
                <Icon name={entry.icon} />
              )}
              <span>
                {entry.label}
                {entry.reason !== undefined && <span className="menu-reason">{entry.reason}</span>}
              </span>
              {entry.keys !== undefined && <kbd>{entry.keys}</kbd>}
            </MenuItem>
          ),
      )}
    </AriaMenu>
  )
}

export function MenuButton(
  props: ActionsProps & {
    readonly icon: IconName
    readonly text?: string
    readonly disabled?: boolean
    readonly kind?: 'tool' | 'plain'
  },
) {
  return (
    <MenuTrigger>
      <TooltipTrigger delay={500} closeDelay={0}>
        <Button kind={props.kind ?? 'tool'} icon={props.icon} label={props.label} disabled={props.disabled === true}>
          {props.text}
        </Button>
        <Tooltip className="tooltip" offset={4} placement="bottom">
          {props.label}
        </Tooltip>
      </TooltipTrigger>
      <Popover className="popover" offset={3}>
        <Actions {...props} />
      </Popover>
    </MenuTrigger>
  )
}

export interface MenuPoint {
  readonly x: number
  readonly y: number
  readonly by: 'mouse' | 'keyboard'
}

/** Open while `at` is a point. The caller restores focus in onClose. */
export function ContextMenu(props: ActionsProps & { readonly at: MenuPoint | null; readonly onClose: () => void }) {
  const anchor = useRef<HTMLSpanElement>(null)
  const { at } = props
  if (at === null) return null
  return (
    <>
      <span ref={anchor} className="context-anchor" style={{ left: at.x, top: at.y }} />
      <Popover
        className="popover"
        aria-label={props.label}
        triggerRef={anchor}
        isOpen
        placement="bottom start"
        offset={2}
        onOpenChange={(open) => {
          if (!open) props.onClose()
        }}
      >
        <Actions {...props} focus={at.by === 'keyboard' ? 'first' : 'menu'} />
      </Popover>
    </>
  )
}
