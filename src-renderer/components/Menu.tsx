// Menus: on a button, or at a point of the window (context menu). Arrow keys, type-ahead and Escape come with the library.
// Invariant: an entry that cannot be chosen now stays in its place, greyed, so that hands find the others.
// Runs in: every window.

import { type ReactNode, useCallback, useRef, useState } from 'react'
import { Menu as AriaMenu, MenuItem, MenuTrigger, Popover, Separator, Tooltip, TooltipTrigger } from 'react-aria-components'
import { createPortal } from 'react-dom'
import { Button } from './Button'
import { Icon, type IconName } from './Icon'
import { steady } from './steady'

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
      /** The same, under the pointer only. */
      readonly tip?: string
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
              <span className="menu-label" title={entry.tip}>
                <span className="menu-word">{entry.label}</span>
                {entry.reason !== undefined && <span className="menu-reason">{entry.reason}</span>}
              </span>
              {entry.keys !== undefined && <kbd>{entry.keys}</kbd>}
            </MenuItem>
          ),
      )}
    </AriaMenu>
  )
}

interface MenuButtonProps extends ActionsProps {
  readonly icon: IconName
  readonly text?: string
  readonly disabled?: boolean
  readonly kind?: 'tool' | 'plain'
}

export const MenuButton = steady((props: MenuButtonProps) => {
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
})

export interface MenuPoint {
  readonly x: number
  readonly y: number
  readonly by: 'mouse' | 'keyboard'
}

/** Between a menu and the border of the window; the library keeps as much. */
const MARGIN = 12
/** Both borders of a menu (popups.css), and a pixel for what the library rounds. */
const FRAME = 3
/** Between the pointer and a menu, so that the pointer is on none of its entries. */
const GAP = 2

/** How high an element is; 0 until it is there. Entries come one drawing after their menu. */
function useHeight(): readonly [(element: HTMLElement | null) => void, number] {
  const [height, setHeight] = useState(0)
  const observer = useRef<ResizeObserver>(null)
  const observe = useCallback((element: HTMLElement | null) => {
    observer.current?.disconnect()
    if (element === null) return setHeight(0)
    observer.current = new ResizeObserver(() => setHeight(element.offsetHeight))
    observer.current.observe(element)
  }, [])
  return [observe, height]
}

/**
 * Open while `at` is a point. The caller restores focus in onClose. Where there is no room below the point the menu begins higher
 * up, as the desktop's own menus do: above or below alone it would often have to scroll.
 */
export function ContextMenu(props: ActionsProps & { readonly at: MenuPoint | null; readonly onClose: () => void }) {
  const anchor = useRef<HTMLSpanElement>(null)
  const [observe, height] = useHeight()
  const { at } = props
  if (at === null) return null
  const room = window.innerHeight - at.y - GAP - MARGIN
  const highest = at.y + GAP - MARGIN
  const lift = Math.min(Math.max(0, height + FRAME - room), Math.max(0, highest))
  return (
    <>
      {/* In the body: below a part of the page that is drawn for itself, fixed places count from that part. */}
      {createPortal(<span ref={anchor} className="context-anchor" style={{ left: at.x, top: at.y }} />, document.body)}
      <Popover
        className="popover"
        aria-label={props.label}
        triggerRef={anchor}
        isOpen
        placement="bottom start"
        shouldFlip={false}
        offset={GAP - lift}
        crossOffset={GAP}
        onOpenChange={(open) => {
          if (!open) props.onClose()
        }}
      >
        <div ref={observe}>
          <Actions {...props} focus={at.by === 'keyboard' ? 'first' : 'menu'} />
        </div>
      </Popover>
    </>
  )
}
