// Buttons: with words, with an icon and a tooltip, or both. Accessible names never depend on the icon.
// Invariant: a disabled button keeps its place and size, and the keyboard if it had it: who pressed it goes on from there.
// Runs in: every window.

import { type ReactNode, useState } from 'react'
import { Button as AriaButton, Tooltip, TooltipTrigger } from 'react-aria-components'
import { Icon, type IconName } from './Icon'
import { steady } from './steady'

export interface ButtonProps {
  readonly children?: ReactNode
  readonly icon?: IconName
  readonly kind?: 'plain' | 'primary' | 'danger' | 'tool' | 'link'
  readonly large?: boolean
  readonly label?: string
  readonly disabled?: boolean
  readonly autoFocus?: boolean
  readonly submit?: boolean
  readonly onPress?: () => void
}

export const Button = steady((props: ButtonProps) => {
  const classes = ['button', props.kind ?? 'plain']
  if (props.large === true) classes.push('large')
  if (props.children === undefined) classes.push('icon-only')
  const [focused, setFocused] = useState(false)
  const disabled = props.disabled === true
  return (
    <AriaButton
      className={classes.join(' ')}
      {...(props.label !== undefined && { 'aria-label': props.label })}
      slot={null}
      {...(props.onPress !== undefined && { onPress: props.onPress })}
      isDisabled={disabled && !focused}
      isPending={disabled && focused}
      onFocusChange={setFocused}
      autoFocus={props.autoFocus === true}
      data-begins={props.autoFocus === true}
      type={props.submit === true ? 'submit' : 'button'}
    >
      {props.icon !== undefined && <Icon name={props.icon} />}
      {props.children}
    </AriaButton>
  )
})

interface ToolButtonProps extends ButtonProps {
  readonly label: string
  readonly keys?: string | undefined
  readonly why?: string | undefined
}

/**
 * A button of a toolbar: icon, optional words, and a tooltip that names it and its keys. One that is disabled takes no part in the
 * library's tooltips: `why` it is, is the system's own.
 */
export const ToolButton = steady((props: ToolButtonProps) => {
  return (
    <TooltipTrigger delay={500} closeDelay={0}>
      <span className="button-why" title={props.disabled === true ? props.why : undefined}>
        <Button kind="tool" {...props} />
      </span>
      <Tooltip className="tooltip" offset={4} placement="bottom">
        {props.label}
        {props.keys !== undefined && <kbd>{props.keys}</kbd>}
      </Tooltip>
    </TooltipTrigger>
  )
})
