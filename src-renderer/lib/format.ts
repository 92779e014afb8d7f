// Numbers, sizes, times and dates as a person reads them, in the language chosen.
// Invariant: units are those of the field: memory in binary units (MiB, GiB), processor use in per cent of one CPU.
// Runs in: renderer and tests; pure.

import { type Language, localeOf } from './translate'

const MIB = 1024 * 1024

export interface Formats {
  /** With three digits behind the point: seconds, gigahertz. */
  readonly thousandths: (value: number) => string
  readonly percent: (fraction: number) => string
  /** `scale` decides the unit, so that the figures of one axis have the same. */
  readonly memory: (bytes: number, scale?: number) => string
  /** Of files and disks: KiB to TiB, with three digits that mean something. */
  readonly size: (bytes: number) => string
  readonly clock: (epochMs: number) => string
  readonly dateTime: (epochMs: number) => string
  /** With its weekday. */
  readonly day: (epochMs: number) => string
  readonly duration: (ms: number) => string
  /** Of long times, in two units: 3 d 4 h, 5 min 20 s. */
  readonly uptime: (ms: number) => string
}

/** The unit of memory of about this size. */
export const memoryUnit = (bytes: number): 'GiB' | 'MiB' => (bytes >= 10240 * MIB ? 'GiB' : 'MiB')

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const

export function makeFormats(language: Language): Formats {
  const locale = localeOf(language)
  const whole = new Intl.NumberFormat(locale, { maximumFractionDigits: 0 })
  const tenth = new Intl.NumberFormat(locale, { maximumFractionDigits: 1 })
  const thousandth = new Intl.NumberFormat(locale, { minimumFractionDigits: 3, maximumFractionDigits: 3 })
  const percent = new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 0 })
  const clock = new Intl.DateTimeFormat(locale, { hour: '2-digit', minute: '2-digit', second: '2-digit' })
  const dateTime = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'medium' })
  const day = new Intl.DateTimeFormat(locale, { dateStyle: 'full' })
  return {
    thousandths: (value) => thousandth.format(value),
    percent: (fraction) => percent.format(fraction),
    memory: (bytes, scale = bytes) =>
      memoryUnit(scale) === 'GiB' ? `${tenth.format(bytes / (1024 * MIB))} GiB` : `${whole.format(bytes / MIB)} MiB`,
    size: (bytes) => {
      let value = bytes
      let unit = 0
      while (value >= 1024 && unit < UNITS.length - 1) {
        value /= 1024
        unit += 1
      }
      return `${value >= 100 || unit === 0 ? whole.format(value) : tenth.format(value)} ${UNITS[unit] ?? ''}`
    },
    clock: (epochMs) => clock.format(epochMs),
    dateTime: (epochMs) => dateTime.format(epochMs),
    day: (epochMs) => day.format(epochMs),
    uptime: (ms) => {
      const seconds = Math.max(0, Math.floor(ms / 1000))
      const days = Math.floor(seconds / 86400)
      const hours = Math.floor(seconds / 3600) % 24
      const minutes = Math.floor(seconds / 60) % 60
      if (days > 0) return `${days} d ${hours} h`
      if (hours > 0) return `${hours} h ${minutes} min`
      return minutes > 0 ? `${minutes} min ${seconds % 60} s` : `${seconds} s`
    },
    duration: (ms) => {
      const seconds = Math.max(0, Math.floor(ms / 1000))
      const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60]
      return parts.map((part) => String(part).padStart(2, '0')).join(':')
    },
  }
}
