// A text that may be typed, with what is often meant in a list below it.
// Invariant: whatever is typed stays, also when it is none of the list; the list opens by its button, the arrow keys, or while typing
// something that it has. Runs in: every window.

import {
  Button as AriaButton,
  ComboBox,
  FieldError,
  Group,
  Input,
  Label,
  ListBox,
  ListBoxItem,
  Popover,
  Text,
} from 'react-aria-components'
import { Icon } from './Icon'
import { steady } from './steady'

export interface ComboFieldProps {
  readonly label: string
  readonly value: string
  readonly suggestions: readonly string[]
  /** What the button that opens the list is called. */
  readonly listLabel: string
  readonly hint?: string
  readonly error?: string | undefined
  readonly mono?: boolean
  readonly disabled?: boolean
  readonly onChange: (value: string) => void
}

export const ComboField = steady((props: ComboFieldProps) => {
  const { suggestions, mono = false, error } = props
  const wanted = props.value.trim().toLowerCase()
  const isOne = suggestions.some((each) => each.toLowerCase() === wanted)
  const shown = isOne ? suggestions : suggestions.filter((each) => each.toLowerCase().includes(wanted))
  return (
    <ComboBox
      className="field"
      allowsCustomValue
      inputValue={props.value}
      onInputChange={props.onChange}
      items={shown.map((id) => ({ id }))}
      defaultFilter={() => true}
      isInvalid={error !== undefined}
      isDisabled={props.disabled === true}
      validationBehavior="aria"
    >
      <Label className="field-label">{props.label}</Label>
      <Group className="field-control">
        <Input className={mono ? 'input mono' : 'input'} dir={mono ? 'ltr' : 'auto'} spellCheck={false} autoComplete="off" />
        {suggestions.length > 0 && (
          <AriaButton className="button icon-only" aria-label={props.listLabel}>
            <Icon name="down" />
          </AriaButton>
        )}
      </Group>
      {error !== undefined ? (
        <FieldError className="field-message error">{error}</FieldError>
      ) : (
        <Text slot="description" className="field-message">
          {props.hint ?? ''}
        </Text>
      )}
      <Popover className="popover" offset={3}>
        <ListBox className="menu">
          {({ id }: { readonly id: string }) => (
            <ListBoxItem id={id} textValue={id} className="menu-item">
              <span>{id}</span>
            </ListBoxItem>
          )}
        </ListBox>
      </Popover>
    </ComboBox>
  )
})
