// Asks whether a file may be opened that an image of a disk refers to and that the user did not name: an image that comes from a
// stranger may name any file of this computer, and its guest would read it, or resizing the image change it.
// Invariant: opening is never what Enter does. Runs in: every window that starts machines, attaches disks or resizes images.

import type { ErrorReport } from '../../../src-main/public/error-code'
import { useWords } from '../../components/Language'
import { Question } from '../../components/Question'
import { lastPart } from '../../lib/path'
import './disks.css'

/** What a machine's disk is asked about for; undefined for other errors. */
export function backingRefused(error: ErrorReport): { readonly dev: string; readonly path: string } | undefined {
  const { dev, path } = error.values
  return error.reason === 'backing-refused' && dev !== undefined && path !== undefined ? { dev, path } : undefined
}

/** `read`: another image is put on it. */
export type ImageUse = 'guest' | 'copied' | 'changed' | 'read'

const WHY = {
  guest: 'backing.why',
  copied: 'backing.why',
  changed: 'backing.why-changed',
  read: 'backing.why-read',
} as const

const HOW_LONG = {
  guest: 'backing.kept',
  copied: 'backing.copied',
  changed: 'backing.once',
  read: 'backing.once',
} as const

export function BackingQuestion(props: {
  /** `backing-refused` of a machine's disk, or `image-refers` of an image that something is to be done with. */
  readonly error: ErrorReport
  /** What is done with the image: a guest has it unless told otherwise. */
  readonly use?: ImageUse
  readonly onAnswer: (open: boolean) => void
}) {
  const { error, use = 'guest', onAnswer } = props
  const { t } = useWords()
  const { dev = '', image = '', path = '', chain = '' } = error.values
  const ofVolume = error.reason === 'image-refers'
  return (
    <Question title={t('backing.title')} yes={t('backing.yes')} no={t('backing.no')} careful onAnswer={onAnswer}>
      <p>{ofVolume ? t('backing.what-image', { image: lastPart(image) }) : t('backing.what', { dev })}</p>
      <ol className="backing-chain mono selectable">
        {[...chain.split(' → '), path].map((file) => (
          <li key={file}>{file}</li>
        ))}
      </ol>
      <p>{t(WHY[use])}</p>
      <p className="muted">{t(HOW_LONG[use])}</p>
    </Question>
  )
}
