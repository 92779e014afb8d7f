// Fields of a form: a label at the left, a control, and a line for the hint or the error that is always there.
// Invariant: showing or clearing an error changes no height; the message is tied to its input for screen readers.
// Runs in: every window.

import { createContext, type ReactNode, useContext, useEffect, useId, useRef } from 'react'
import {
  Button as AriaButton,
  NumberField as AriaNumberField,
  TextField as AriaTextField,
  FieldError,
  Group,
  Input,
  Label,
  Radio,
  RadioGroup,
  Text,
  TextArea,
} from 'react-aria-components'
import { useWords } from './Language'
import { onlyChoice } from './only-key'
import { steady } from './steady'

interface FieldProps {
  readonly label: string
  readonly hint?: string
  readonly error?: string | undefined
}

function Message(props: { readonly hint?: string | undefined; readonly error?: string | undefined }) {
  if (props.error !== undefined) return <FieldError className="field-message error">{props.error}</FieldError>
  return (
    <Text slot="description" className="field-message">
      {props.hint ?? ''}
    </Text>
  )
}

/** What stands behind an input. Buttons are new each time a page is drawn: given by a context, they are drawn without their field. */
const AfterContext = createContext<ReactNode>(null)
const After = () => useContext(AfterContext)

interface PlainTextFieldProps extends FieldProps {
  readonly value: string
  readonly onChange: (value: string) => void
  readonly onBlur?: () => void
  readonly placeholder?: string
  readonly mono?: boolean
  readonly autoFocus?: boolean
  readonly maxLength?: number
  readonly disabled?: boolean
  /** Shown as dots. */
  readonly secret?: boolean
}

export interface TextFieldProps extends PlainTextFieldProps {
  readonly after?: ReactNode
}

export function TextField({ after, ...props }: TextFieldProps) {
  return (
    <AfterContext value={after}>
      <PlainTextField {...props} />
    </AfterContext>
  )
}

const PlainTextField = steady((props: PlainTextFieldProps) => {
  const input = useRef<HTMLInputElement>(null)
  const begins = props.autoFocus === true
  // What a dialog proposes is replaced by what is typed, as on the desktop elsewhere.
  useEffect(() => {
    if (begins) input.current?.select()
  }, [begins])
  return (
    <AriaTextField
      className="field"
      value={props.value}
      onChange={props.onChange}
      {...(props.onBlur !== undefined && { onBlur: props.onBlur })}
      {...(props.maxLength !== undefined && { maxLength: props.maxLength })}
      isInvalid={props.error !== undefined}
      isDisabled={props.disabled === true}
      autoFocus={begins}
      validationBehavior="aria"
    >
      <Label className="field-label">{props.label}</Label>
      <div className="field-control">
        <Input
          ref={input}
          className={props.mono === true ? 'input mono' : 'input'}
          // A name runs as its letters do; paths and texts of machines run from left to right.
          dir={props.mono === true ? 'ltr' : 'auto'}
          spellCheck={false}
          type={props.secret === true ? 'password' : 'text'}
          autoComplete="off"
          data-begins={begins}
          {...(props.placeholder !== undefined && { placeholder: props.placeholder })}
        />
        <After />
      </div>
      <Message hint={props.hint} error={props.error} />
    </AriaTextField>
  )
})

interface TextAreaFieldProps {
  readonly label: string
  readonly value: string
  readonly rows: number
  readonly maxLength: number
  readonly disabled?: boolean
  readonly hint?: string
  readonly onChange: (value: string) => void
}

/** Several lines of words. */
export const TextAreaField = steady((props: TextAreaFieldProps) => {
  return (
    <AriaTextField
      className="field"
      value={props.value}
      onChange={props.onChange}
      maxLength={props.maxLength}
      isDisabled={props.disabled === true}
    >
      <Label className="field-label">{props.label}</Label>
      <div className="field-control">
        <TextArea className="input text-area" dir="auto" rows={props.rows} />
      </div>
      <Message hint={props.hint} />
    </AriaTextField>
  )
})

interface PlainNumberFieldProps extends FieldProps {
  readonly value: number
  readonly onChange: (value: number) => void
  readonly step: number
  readonly smallest: number
  readonly largest: number
  /** Digits behind the point that may be typed; none when left out. */
  readonly fractionDigits?: number
  readonly lessLabel: string
  readonly moreLabel: string
  readonly disabled?: boolean
  /** Told at each key, where nothing is done with a number that is only begun; else when the field is left. */
  readonly whileTyped?: boolean
}

export interface NumberFieldProps extends PlainNumberFieldProps {
  /** A word, or what chooses between several. */
  readonly unit: ReactNode
}

/** What is typed, once it is written as the field will write it: rewritten earlier, the next key would stand in the wrong place. */
export function typedNumber(text: string, decimal: string, fractionDigits: number): number | undefined {
  if (text === '') return Number.NaN
  const value = Number(text.replace(decimal, '.'))
  const [, fraction = ''] = text.split(decimal)
  return String(value).replace('.', decimal) === text && fraction.length <= fractionDigits ? value : undefined
}

/** The limits steer the step buttons only; a typed value outside them stays and is the caller's error to show. */
export function NumberField({ unit, ...props }: NumberFieldProps) {
  return (
    <AfterContext value={typeof unit === 'string' && unit !== '' ? <span>{unit}</span> : unit}>
      <PlainNumberField {...props} />
    </AfterContext>
  )
}

const PlainNumberField = steady((props: PlainNumberFieldProps) => {
  const { formats } = useWords()
  const digits = props.fractionDigits ?? 0
  const typed = (text: string) => {
    const value = props.whileTyped === true ? typedNumber(text, formats.thousandths(0.5).charAt(1), digits) : undefined
    if (value !== undefined) props.onChange(value)
  }
  const step = (by: number) => {
    const base = Number.isFinite(props.value) ? props.value : props.smallest
    const next = by > 0 ? Math.floor(base / props.step + 1) * props.step : Math.ceil(base / props.step - 1) * props.step
    props.onChange(Math.min(props.largest, Math.max(props.smallest, next)))
  }
  return (
    <AriaNumberField
      className="field"
      value={props.value}
      onChange={props.onChange}
      isInvalid={props.error !== undefined}
      isDisabled={props.disabled === true}
      formatOptions={{ useGrouping: false, maximumFractionDigits: digits }}
      validationBehavior="aria"
    >
      <Label className="field-label">{props.label}</Label>
      <Group className="field-control number-group">
        <Input
          className="input"
          onInput={(event) => typed(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key !== 'ArrowUp' && event.key !== 'ArrowDown') return
            event.preventDefault()
            event.stopPropagation()
            step(event.key === 'ArrowUp' ? 1 : -1)
          }}
        />
        <After />
        <AriaButton
          slot={null}
          className="button icon-only"
          aria-label={props.lessLabel}
          excludeFromTabOrder
          isDisabled={props.disabled === true}
          onPress={() => step(-1)}
        >
          −
        </AriaButton>
        <AriaButton
          slot={null}
          className="button icon-only"
          aria-label={props.moreLabel}
          excludeFromTabOrder
          isDisabled={props.disabled === true}
          onPress={() => step(1)}
        >
          +
        </AriaButton>
      </Group>
      <Message hint={props.hint} error={props.error} />
    </AriaNumberField>
  )
})

export interface Choice<T extends string> {
  readonly value: T
  readonly label: string
}

interface ChoicesProps<T extends string> {
  readonly label: string
  readonly value: T
  readonly choices: readonly Choice<T>[]
  /** They need more than one row. */
  readonly many?: boolean
  readonly onChange: (value: T) => void
}

interface PlainChoicesProps {
  readonly label: string
  readonly value: string
  readonly choices: readonly Choice<string>[]
  readonly many: boolean
  readonly onPick: (value: string) => void
}

const PlainSegmented = steady(({ label, value, choices, many, onPick }: PlainChoicesProps) => (
  <RadioGroup
    className={many ? 'segmented many' : 'segmented'}
    aria-label={label}
    orientation="horizontal"
    value={value}
    onChange={onPick}
  >
    {choices.map((choice) => (
      <Radio key={choice.value} value={choice.value} className="segment">
        {choice.label}
      </Radio>
    ))}
  </RadioGroup>
))

/** One of a few, all visible. */
export function Segmented<T extends string>({ label, value, choices, many = false, onChange }: ChoicesProps<T>) {
  const onPick = onlyChoice(choices, onChange)
  return <PlainSegmented label={label} value={value} choices={choices} many={many} onPick={onPick} />
}

export function SegmentedField<T extends string>(props: ChoicesProps<T> & { readonly hint?: string }) {
  const id = useId()
  return (
    <div className="field">
      <span className="field-label" id={id}>
        {props.label}
      </span>
      <div className="field-control">
        <Segmented {...props} />
      </div>
      <span className="field-message">{props.hint ?? ''}</span>
    </div>
  )
}
