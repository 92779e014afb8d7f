// Pause and Resume as one button of a toolbar, for one machine or many.
// Invariant: as wide whichever it is, so that what stands beside it never moves; the spare width is shared by both sides, not a gap
// before the next button. Runs in: manager and domain windows.

import type { DomainInfo } from '../../../src-main/public/types'
import { ToolButton } from '../../components/Button'
import { Icon } from '../../components/Icon'
import { useWords } from '../../components/Language'
import { isPossible, labelOf, pauseOrResume, whyNotNow } from './action-table'

const icons = { pause: 'pause', resume: 'run' } as const

interface PauseProps {
  readonly domains: readonly DomainInfo[]
  /** Where the window has keys for it. */
  readonly keys?: string | undefined
  readonly onAction: (id: 'pause' | 'resume') => void
}

export function PauseButton(props: PauseProps) {
  const { domains, onAction } = props
  const { t } = useWords()
  const now = pauseOrResume(domains)
  return (
    <ToolButton
      label={labelOf(now, domains.length === 1 ? (domains[0] ?? null) : null, t)}
      keys={props.keys}
      why={whyNotNow(now, domains, t)}
      disabled={!isPossible(now, domains)}
      onPress={() => onAction(now)}
    >
      <span className="same-width">
        {(['pause', 'resume'] as const).map((id) => (
          <span key={id} className="button-words" aria-hidden={now !== id}>
            <Icon name={icons[id]} />
            <span className="word">{t(`action.${id}`)}</span>
          </span>
        ))}
      </span>
    </ToolButton>
  )
}
