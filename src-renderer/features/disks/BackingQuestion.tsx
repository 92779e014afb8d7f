// Asks whether a file may be opened that an image of a disk refers to and that the user did not name: an image that comes from a
// stranger may name any file of this computer, and its guest would read it.
// Invariant: opening is never what Enter does. Runs in: every window that starts machines or attaches disks.

import type { ErrorReport } from '../../../src-main/public/error-code'
import { useWords } from '../../components/Language'
import { Question } from '../../components/Question'
import './disks.css'

/** What is asked about; undefined for other errors. */
export function backingRefused(error: ErrorReport): { readonly dev: string; readonly path: string } | undefined {
  const { dev, path } = error.values
  return error.reason === 'backing-refused' && dev !== undefined && path !== undefined ? { dev, path } : undefined
}

export function BackingQuestion(props: {
  /** For which `backingRefused` has an answer. */
  readonly error: ErrorReport
  /** The image is copied: what it refers to is read once. */
  readonly copied?: boolean
  readonly onAnswer: (open: boolean) => void
}) {
  const { error, onAnswer } = props
  const { t } = useWords()
  const { dev = '', path = '', chain = '' } = error.values
  return (
    <Question title={t('backing.title')} yes={t('backing.yes')} no={t('backing.no')} careful onAnswer={onAnswer}>
      <p>{t('backing.what', { dev })}</p>
      <ol className="backing-chain mono selectable">
        {[...chain.split(' → '), path].map((file) => (
          <li key={file}>{file}</li>
        ))}
      </ol>
      <p>{t('backing.why')}</p>
      <p className="muted">{t(props.copied === true ? 'backing.copied' : 'backing.kept')}</p>
    </Question>
  )
}
