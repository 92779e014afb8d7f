// What must not leave the machine in a report: passwords, home folders, the names of user and computer.
// Invariant: a secret that a definition holds is nowhere in the text, however it got there. Runs in: main, plain Node.
import type { DomainConfig } from '../../public/types'

const HIDDEN = '(removed)'

/** Words that are passwords by what stands before them, as on a kernel's command line: password=…, token: "…". */
const NAMED = /\b([\w.-]*(?:pass(?:word|wd|phrase)?|secret|token|api[_-]?key))(["']?\s*[=:]\s*["']?)([^\s"',;}]+)/gi

export interface Secrets {
  readonly home: string
  readonly user: string
  readonly host: string
  /** Passwords of screens. */
  readonly words: readonly string[]
}

export function secretWords(configs: readonly DomainConfig[]): string[] {
  return configs.flatMap(({ devices }) =>
    devices.flatMap((device) => {
      const word = device.kind === 'vfb' && device.vnc?.kind === 'tcp' ? (device.vnc.password ?? '') : ''
      return word === '' ? [] : [word]
    }),
  )
}

function replaceAll(text: string, what: string, by: string): string {
  return what === '' ? text : text.split(what).join(by)
}

/** A name only where it stands alone: a user called “in” must not eat half of every word. */
function replaceName(text: string, name: string, by: string): string {
  if (name.length < 2) return text
  const quoted = name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
  return text.replace(new RegExp(`(?<![\\p{L}\\p{N}])${quoted}(?![\\p{L}\\p{N}])`, 'gu'), by)
}

export function redact(text: string, secrets: Secrets): string {
  let clean = text
  // The longest first, so that none leaves the rest of another behind. JSON writes some letters in another way.
  for (const word of [...secrets.words].sort((a, b) => b.length - a.length)) {
    clean = replaceAll(replaceAll(clean, word, HIDDEN), JSON.stringify(word).slice(1, -1), HIDDEN)
  }
  clean = clean.replace(NAMED, (_all, name: string, sign: string) => `${name}${sign}${HIDDEN}`)
  if (secrets.home.length > 1) clean = replaceAll(clean, secrets.home, '~')
  // Homes of others, and of the same user by another way.
  clean = clean.replace(/(\/home\/|\/Users\/|[A-Z]:\\+Users\\+)[^/\\\s"']+/g, '$1(user)')
  // “root” is everywhere and tells nothing.
  if (secrets.user !== 'root') clean = replaceName(clean, secrets.user, '(user)')
  return secrets.host === 'localhost' ? clean : replaceName(clean, secrets.host, '(host)')
}
