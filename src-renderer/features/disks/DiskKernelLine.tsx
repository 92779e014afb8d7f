// Which kernel a disk starts, in a line: as its boot menu calls it, or why there is none. Runs in: every window.

import { errorText } from '../../client/error-text'
import { useWords } from '../../components/Language'
import type { DiskKernelLook } from './use-disk-kernel'
import './disks.css'

/** `later`: the disk is in use, and is read when its machine next starts. */
export function DiskKernelLine({ look, later }: { readonly look: DiskKernelLook | undefined; readonly later: boolean }) {
  const { t } = useWords()
  const found = look?.found
  const text = later
    ? t('create.own-later')
    : found
      ? t('create.own-found', { title: found.title, kernel: found.kernel })
      : look?.error
        ? errorText(look.error, t.language).cause
        : look && look.holds.length > 0
          ? t('create.own-none-but', { holds: look.holds.join(', ') })
          : look
            ? t('create.own-none')
            : ''
  return (
    <div className="field">
      <span className="field-label">{t('create.own-on-disk')}</span>
      <div className="field-control">
        <span
          className={look?.error && !later ? 'disk-kernel bad selectable' : 'disk-kernel selectable'}
          data-testid="disk-kernel"
        >
          {text}
        </span>
      </div>
      <span className="field-message">{found?.dirty === true && !later ? t('create.own-dirty') : ''}</span>
    </div>
  )
}
