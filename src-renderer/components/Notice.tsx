// A sentence with its reason and what to do, in the flow of the window: for failures and for things worth knowing.
// Invariant: never only colour; the icon and the words say what kind it is. Text can be selected and copied.
// Runs in: every window.

import type { ReactNode, Ref } from 'react'
import { Button } from './Button'
import { homeward } from './home'
import { Icon } from './Icon'

export interface NoticeProps {
  readonly ref?: Ref<HTMLDivElement>
  readonly tone: 'info' | 'warn' | 'bad'
  readonly title?: string
  readonly children?: ReactNode
  /** What to do about it, on a line of its own. */
  readonly action?: string
  readonly actions?: ReactNode
  /** A button on a line of its own, or nothing. */
  readonly below?: ReactNode
  readonly boxed?: boolean
  readonly dismissLabel?: string
  readonly onDismiss?: () => void
}

export function Notice(props: NoticeProps) {
  return (
    <div
      ref={props.ref ?? homeward}
      className={`notice ${props.tone}${props.boxed === true ? ' boxed' : ''}`}
      role={props.tone === 'bad' ? 'alert' : 'status'}
    >
      <Icon name={props.tone === 'bad' ? 'crash' : props.tone === 'warn' ? 'warning' : 'info'} />
      <div className="notice-text">
        {props.title !== undefined && <span className="notice-title">{props.title} </span>}
        {props.children}
        {props.action !== undefined && <span className="notice-action">{props.action}</span>}
        {props.below !== undefined && <div className="notice-below">{props.below}</div>}
      </div>
      {props.actions}
      {props.onDismiss !== undefined && (
        <Button kind="tool" icon="close" label={props.dismissLabel ?? ''} onPress={props.onDismiss} />
      )}
    </div>
  )
}
