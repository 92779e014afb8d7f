// What changes are called, and the sentence that says when they apply. Runs in: renderer and tests; pure.

import type { ConfigChange, ConfigField } from '../../../../src-main/public/live-changes'
import type { MessageKey } from '../../../lib/messages'
import type { Translator } from '../../../lib/translate'
import { deviceName } from './words'

export const fieldWords = {
  name: 'create.name',
  title: 'details.title',
  description: 'details.description',
  os: 'details.os',
  autostart: 'details.autostart',
  memoryMiB: 'details.memory',
  currentMiB: 'details.memory-current',
  vcpus: 'details.vcpus',
  currentVcpus: 'details.vcpus-start',
  cpuWeight: 'details.cpu-weight',
  cpuCap: 'details.cpu-cap',
  cpuSet: 'details.cpu-set',
  onPoweroff: 'details.on-poweroff',
  onReboot: 'details.on-reboot',
  onCrash: 'details.on-crash',
  bootloader: 'create.own-disk',
  kernel: 'create.kernel',
  ramdisk: 'create.ramdisk',
  cmdline: 'create.cmdline',
} as const satisfies Record<ConfigField, MessageKey>

export function changeNames(changes: readonly ConfigChange[], t: Translator): string {
  return changes
    .map((change) => (change.what === 'field' ? t(fieldWords[change.field]) : deviceName(change.device, t)))
    .join(', ')
}

/** "At once: Title. At the next start: Memory." */
export function whenWords(changes: readonly ConfigChange[], t: Translator): string {
  const part = (when: ConfigChange['when']) => changes.filter((change) => change.when === when)
  const [now, next] = [part('now'), part('next')]
  return [
    ...(now.length > 0 ? [t('details.applies-now', { changes: changeNames(now, t) })] : []),
    ...(next.length > 0 ? [t('details.applies-next', { changes: changeNames(next, t) })] : []),
  ].join(' ')
}
