// A slider with its value: for a quantity that takes effect as it is moved. `onChange` while it moves, `onDone` when it is let
// go or set by a key. Runs in: every window.

import { Slider as AriaSlider, Label, SliderThumb, SliderTrack } from 'react-aria-components'

export function Slider(props: {
  readonly label: string
  readonly value: number
  readonly least: number
  readonly most: number
  readonly step: number
  readonly text: string
  readonly disabled?: boolean
  readonly onChange: (value: number) => void
  readonly onDone: (value: number) => void
}) {
  return (
    <AriaSlider
      className="field slider"
      value={props.value}
      minValue={props.least}
      maxValue={props.most}
      step={props.step}
      isDisabled={props.disabled === true}
      onChange={props.onChange}
      onChangeEnd={props.onDone}
    >
      <Label className="field-label">{props.label}</Label>
      <div className="field-control slider-control">
        <SliderTrack className="slider-track">
          {({ state }) => (
            <>
              <div className="slider-fill" style={{ width: `${state.getThumbPercent(0) * 100}%` }} />
              <SliderThumb className="slider-thumb" />
            </>
          )}
        </SliderTrack>
        <span className="slider-text">{props.text}</span>
      </div>
    </AriaSlider>
  )
}
