// A line that fills; without a fraction it only says that something goes on.
// Runs in: every window.

import { ProgressBar } from 'react-aria-components'

export function Progress(props: { readonly label: string; readonly fraction: number | null }) {
  const { fraction } = props
  return (
    <ProgressBar aria-label={props.label} isIndeterminate={fraction === null} value={fraction === null ? 0 : fraction * 100}>
      {({ percentage }) => (
        <div className={fraction === null ? 'progress unknown' : 'progress'}>
          <div className="progress-fill" style={fraction === null ? {} : { width: `${percentage ?? 0}%` }} />
        </div>
      )}
    </ProgressBar>
  )
}
