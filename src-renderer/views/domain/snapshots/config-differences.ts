// What differs between two configurations of a machine, one row for each thing a user can set, in the words of Details.
// Invariant: every field of a definition and of its devices is compared, but for what taking a snapshot changes itself (the file under
// a written disk) and a password, of which it is only said that there is one. Runs in: domain window and tests; pure.
import { type Device, type Disk, type Display, deviceKey, type Nic, type Vnc } from '../../../../src-main/public/device'
import { type ConfigField, FIELD_NAMES } from '../../../../src-main/public/live-changes'
import { DEFAULT_CPU_WEIGHT, DEFAULT_STOP_ACTIONS, type DomainConfig } from '../../../../src-main/public/types'
import { modeText } from '../../../features/display/display-form'
import type { Translator } from '../../../lib/translate'
import { fieldWords } from '../details/change-words'
import { deviceName } from '../details/words'

export interface Difference {
  readonly what: string
  /** Empty: it is not there. */
  readonly before: string
  readonly after: string
}

/** What can be set, under the name it has in Details; empty when it is not. */
type Settings = ReadonlyMap<string, string>

export function configDifferences(before: DomainConfig, after: DomainConfig, t: Translator): readonly Difference[] {
  const rows: Difference[] = []
  const compare = (what: string, then: string, now: string): void => {
    if (then !== now) rows.push({ what, before: then, after: now })
  }
  for (const field of FIELD_NAMES) {
    compare(t(fieldWords[field]), fieldText(before, field, t), fieldText(after, field, t))
  }
  const [then, now] = [before, after].map(({ devices }) => new Map(devices.map((one) => [deviceKey(one), one])))
  for (const key of [...new Set([...(then?.keys() ?? []), ...(now?.keys() ?? [])])].sort()) {
    const [a, b] = [then?.get(key), now?.get(key)]
    const device = a ?? b
    if (device === undefined) continue
    const name = deviceName(device, t)
    const [one, other] = [a ? settingsOf(a, t) : undefined, b ? settingsOf(b, t) : undefined]
    if (!one || !other) {
      compare(name, one ? t('snapshots.there') : '', other ? t('snapshots.there') : '')
      continue
    }
    for (const setting of new Set([...one.keys(), ...other.keys()])) {
      compare(t('snapshots.setting', { device: name, what: setting }), one.get(setting) ?? '', other.get(setting) ?? '')
    }
  }
  return rows
}

function fieldText(config: DomainConfig, field: ConfigField, t: Translator): string {
  switch (field) {
    case 'memoryMiB':
      return `${config.memoryMiB} MiB`
    case 'currentMiB':
      return config.currentMiB === undefined ? '' : `${config.currentMiB} MiB`
    case 'onPoweroff':
    case 'onReboot':
    case 'onCrash':
      return t(`details.stop-${config[field] ?? DEFAULT_STOP_ACTIONS[field]}`)
    case 'autostart':
      return flagText(config.autostart === true, t)
    case 'cpuWeight':
      return String(config.cpuWeight ?? DEFAULT_CPU_WEIGHT)
    case 'cpuCap':
      return config.cpuCap ? `${config.cpuCap} %` : ''
    default:
      return String(config[field] ?? '')
  }
}

function flagText(flag: boolean, t: Translator): string {
  return t(flag ? 'snapshots.on' : 'snapshots.off')
}

function settingsOf(device: Device, t: Translator): Settings {
  switch (device.kind) {
    case 'vbd':
      return diskSettings(device, t)
    case 'vif':
      return nicSettings(device, t)
    case 'vfb':
      return displaySettings(device, t)
  }
}

function diskSettings(disk: Disk, t: Translator): Settings {
  return new Map([
    // A written disk's file changes with each snapshot: it is no difference of the machine.
    [t('disk.file'), disk.readonly ? (disk.path === '' ? '' : `${disk.path} (${disk.format})`) : ''],
    [t('disk.readonly'), flagText(disk.readonly, t)],
    [t('disk.removable'), flagText(disk.removable, t)],
    [t('disk.cache'), t(`disk.cache-${disk.cache ?? 'writeback'}`)],
    [t('disk.discard'), t(`disk.discard-${disk.discard ?? 'unmap'}`)],
    [t('disk.full'), t(disk.enospace === 'stop' ? 'disk.full-stop' : 'disk.full-report')],
  ])
}

function nicSettings(nic: Nic, t: Translator): Settings {
  const forwards = nic.forwards.map(
    ({ protocol, hostPort, guestPort, hostAddress }) => `${protocol} ${hostAddress ?? ''}:${hostPort} → ${guestPort}`,
  )
  return new Map([
    [t('nic.network'), nic.network],
    [t('nic.mac'), nic.mac],
    [t('nic.forwards'), forwards.join(', ')],
    [t('nic.link'), nic.link === 'down' ? '' : t('nic.link-up')],
    [t('nic.rate'), nic.rateKiB === undefined ? '' : `${nic.rateKiB} KiB/s`],
    [t('nic.capture'), nic.capture ?? ''],
  ])
}

function displaySettings(display: Display, t: Translator): Settings {
  const { vnc } = display
  return new Map([
    [t('display.label'), modeText(display)],
    [t('display.access'), vncText(vnc, t)],
    [t('display.password'), vnc?.kind === 'tcp' && vnc.password ? '••••' : ''],
    [t('display.keymap'), t(`display.keymap-${display.keymap ?? 'en-us'}`)],
  ])
}

function vncText(vnc: Vnc | undefined, t: Translator): string {
  if (vnc === undefined) return t('display.access-off')
  return vnc.kind === 'local'
    ? t('display.access-local')
    : `${vnc.address}:${vnc.port === 0 ? t('display.port-auto') : vnc.port}`
}
