// One of several, from a list that opens: for choices too many or too long to stand side by side.
// Invariant: as wide as its place, whatever is chosen; arrow keys change it without opening, as in every desktop.
// Runs in: every window.

import { Select as AriaSelect, Button, Label, ListBox, ListBoxItem, Popover, SelectValue, Text } from 'react-aria-components'
import type { Choice } from './Field'
import { Icon } from './Icon'
import { onlyChoice } from './only-key'
import { steady } from './steady'

interface SelectProps<T extends string> {
  readonly label: string
  readonly value: T
  readonly choices: readonly (Choice<T> & { readonly disabled?: boolean; readonly hint?: string })[]
  readonly onChange: (value: T) => void
  readonly disabled?: boolean
}

/** Of any kind of value. */
interface PlainSelectProps extends Omit<SelectProps<string>, 'onChange'> {
  readonly onPick: (key: unknown) => void
}

function plain<T extends string>({ label, value, choices, onChange, disabled = false }: SelectProps<T>): PlainSelectProps {
  return { label, value, choices, disabled, onPick: onlyChoice(choices, onChange) }
}

function Options(props: PlainSelectProps) {
  return (
    <Popover className="popover" offset={3}>
      <ListBox className="menu">
        {props.choices.map(({ value, label, hint, disabled }) => (
          <ListBoxItem key={value} id={value} textValue={label} isDisabled={disabled === true} className="menu-item">
            <span>{label}</span>
            {hint !== undefined && <span className="option-hint">{hint}</span>}
          </ListBoxItem>
        ))}
      </ListBox>
    </Popover>
  )
}

function Opener() {
  return (
    <Button className="button select-button">
      <SelectValue className="select-value">{({ selectedText }) => selectedText}</SelectValue>
      <Icon name="down" />
    </Button>
  )
}

const PlainSelect = steady((props: PlainSelectProps) => (
  <AriaSelect
    className="select"
    aria-label={props.label}
    value={props.value}
    onChange={props.onPick}
    isDisabled={props.disabled === true}
  >
    <Opener />
    <Options {...props} />
  </AriaSelect>
))

/** Without a visible label, for toolbars and rows. */
export function Select<T extends string>(props: SelectProps<T>) {
  return <PlainSelect {...plain(props)} />
}

const PlainSelectField = steady((props: PlainSelectProps & { readonly hint: string }) => (
  <AriaSelect className="field" value={props.value} onChange={props.onPick} isDisabled={props.disabled === true}>
    <Label className="field-label">{props.label}</Label>
    <div className="field-control">
      <Opener />
    </div>
    <Text slot="description" className="field-message">
      {props.hint}
    </Text>
    <Options {...props} />
  </AriaSelect>
))

/** A field of a form: label at the left, a line for the hint below. */
export function SelectField<T extends string>(props: SelectProps<T> & { readonly hint?: string }) {
  return <PlainSelectField {...plain(props)} hint={props.hint ?? ''} />
}
