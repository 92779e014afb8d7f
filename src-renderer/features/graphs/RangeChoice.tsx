// The choice of how much time charts show. Runs in: domain and host window.
import { Segmented } from '../../components/Field'
import { useWords } from '../../components/Language'
import { RANGES, type RangeMinutes } from './ranges'

const values = RANGES.map(String)

export function RangeChoice(props: { readonly minutes: RangeMinutes; readonly onChange: (minutes: RangeMinutes) => void }) {
  const { t } = useWords()
  return (
    <Segmented
      label={t('chart.range')}
      value={String(props.minutes)}
      choices={values.map((value, index) => ({ value, label: t(`chart.range-${RANGES[index] ?? 1}`) }))}
      onChange={(value) => props.onChange(RANGES.find((range) => String(range) === value) ?? 1)}
    />
  )
}
