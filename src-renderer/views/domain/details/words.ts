// What devices are called in lists: a name, and a few words more. Runs in: renderer and tests; pure.

import type { Device } from '../../../../src-main/public/device'
import { modeText } from '../../../features/display/display-form'
import { lastPart } from '../../../lib/path'
import type { Translator } from '../../../lib/translate'

export function deviceName(device: Device, t: Translator): string {
  switch (device.kind) {
    case 'vbd':
      return t(device.removable ? 'details.drive' : 'details.disk', { dev: device.dev })
    case 'vif':
      return t('details.nic', { index: device.index })
    case 'vfb':
      return t('details.display')
  }
}

export function deviceWords(device: Device, t: Translator): string {
  switch (device.kind) {
    case 'vbd':
      return device.path === '' ? t('details.no-medium') : lastPart(device.path)
    case 'vif':
      return device.network
    case 'vfb':
      return modeText(device)
  }
}
