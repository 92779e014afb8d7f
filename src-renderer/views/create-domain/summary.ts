// The machine of the wizard in one line, so that nobody has to scroll up before pressing Create. Pure.
// Runs in: renderer and tests.

import { cutTo, NAME_BYTES_MOST, properName } from '../../../src-main/public/name'
import { modeText } from '../../features/display/display-form'
import type { Formats } from '../../lib/format'
import { osId, osName } from '../../lib/os-table'
import { lastPart } from '../../lib/path'
import type { Translator } from '../../lib/translate'
import type { DevicesForm, Form } from './check-form'

export function summaryOf(form: Form, parts: DevicesForm, t: Translator, formats: Formats): string {
  const disks = parts.disks.map(({ dev, source, path, sizeMiB }) => {
    if (source === 'new') return t('create.summary-disk-new', { dev, size: formats.size((sizeMiB || 0) * 1024 ** 2) })
    return t(source === 'copy' ? 'create.summary-disk-copy' : 'create.summary-disk-file', {
      dev,
      file: source === 'empty' ? t('disk.source-empty') : lastPart(path.trim()) || '…',
    })
  })
  const network = parts.nic === null || parts.nic.network === '' ? undefined : parts.nic.network
  return [
    cutTo(properName(form.name), NAME_BYTES_MOST),
    ...(form.os.trim() === '' ? [] : [osName(osId(form.os))]),
    formats.memory((form.memoryMiB || 0) * 1024 * 1024),
    ...(form.vcpus > 1 ? [t('create.summary-cpus', { count: t.number(form.vcpus) })] : []),
    ...(disks.length === 0 ? [t('create.summary-no-disk')] : disks),
    network === undefined ? t('create.summary-no-network') : t('create.summary-network', { network }),
    parts.display === null ? t('create.summary-no-screen') : t('create.summary-screen', { mode: modeText(parts.display) }),
  ].join(' · ')
}
