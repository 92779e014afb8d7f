// Which kernel a disk starts, in a line: as its boot menu calls it, or why there is none. Runs in: every window.

import { errorText } from '../../client/error-text'
import { useWords } from '../../components/Language'
import type { DiskKernelLook } from './use-disk-kernel'
import './disks.css'

/** `instead`: why nobody looks, where nobody does. Without it and without a look, one is under way. */
export function DiskKernelLine({ look, instead }: { readonly look: DiskKernelLook | undefined; readonly instead?: string }) {
  const { t } = useWords()
  const found = look?.found
  const text =
    instead !== undefined
      ? instead
      : look === undefined
        ? t('create.own-looking')
        : found
          ? t('create.own-found', { title: found.title, kernel: found.kernel })
          : look.error
            ? errorText(look.error, t.language).cause
            : look.holds.length > 0
              ? t('create.own-none-but', { holds: look.holds.join(', ') })
              : t('create.own-none')
  return (
    <div className="field">
      <span className="field-label">{t('create.own-on-disk')}</span>
      <div className="field-control">
        <span
          className={look?.error && instead === undefined ? 'disk-kernel bad selectable' : 'disk-kernel selectable'}
          data-testid="disk-kernel"
        >
          {text}
        </span>
      </div>
      <span className="field-message">{found?.dirty === true && instead === undefined ? t('create.own-dirty') : ''}</span>
    </div>
  )
}
