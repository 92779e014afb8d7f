// What a grub.cfg shows as its menu and starts by default: the script is run as far as entries, variables and conditions go. Nothing it
// would load, draw or wait for is done. Entries of the Boot Loader Specification come in where it says `blscfg`.
// `next_entry`, which GRUB forgets once it has used it, is not heeded: nothing is written to the disk here.
// Invariant: a script that runs long ends after STEPS_MOST statements and their words. Runs in: the image process.
import { parseGrubScript, parseGrubWords, type Statement, type Word } from './grub-script'

export interface MenuEntry {
  /** What it is called by, beside its title. */
  readonly ids: readonly string[]
  readonly title: string
  /** The file system its paths are on, as `search` or `(hd0,gpt2)` says it; undefined: that of the menu. */
  readonly on: GrubRoot | undefined
  readonly kernel: string | undefined
  readonly ramdisks: readonly string[]
  readonly cmdline: string
  /** Of a submenu. */
  readonly entries: readonly MenuEntry[] | undefined
}

export type GrubRoot =
  | { readonly kind: 'uuid' | 'label' | 'file'; readonly value: string }
  | { readonly kind: 'partition'; readonly number: number }

export interface GrubMenu {
  readonly entries: readonly MenuEntry[]
  /** As the variable `default` is at the end. */
  readonly chosen: string
}

type Variables = Map<string, string>

const STEPS_MOST = 250_000
const ENTRIES_MOST = 1000
const DEPTH_MOST = 4
const VALUE_MOST = 8192
/** Of one command, with its variables filled in. */
const WORDS_MOST = 1024
const LINUX = new Set(['linux', 'linux16', 'linuxefi'])
const INITRD = new Set(['initrd', 'initrd16', 'initrdefi'])
const NOT_HEEDED = new Set(['next_entry', 'prev_saved_entry'])
/** What GRUB says of itself. */
const OWN: readonly (readonly [string, string])[] = [
  ['grub_platform', 'pc'],
  ['grub_cpu', 'i386'],
  ['feature_menuentry_id', 'y'],
  ['feature_platform_search_hint', 'y'],
  ['feature_default_font_path', 'y'],
  ['feature_all_video_module', 'y'],
  ['feature_timeout_style', 'y'],
  ['prefix', '/boot/grub'],
  // Ubuntu's cloud images try without a ramdisk first, and with one when that panicked: with one is what always works.
  ['initrdfail', '1'],
]

/** The variables that a grubenv holds. */
export function parseGrubEnvironment(text: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>()
  for (const line of text.split('\n')) {
    const equals = line.indexOf('=')
    if (line.startsWith('#') || equals < 1) continue
    const name = line.slice(0, equals)
    if (!NOT_HEEDED.has(name)) found.set(name, line.slice(equals + 1).replace(/\\(.)/g, '$1'))
  }
  return found
}

/** `specified`: the entries that `blscfg` stands for. */
export function readGrubMenu(
  text: string,
  environment: ReadonlyMap<string, string>,
  specified: (variables: ReadonlyMap<string, string>) => readonly MenuEntry[],
): GrubMenu {
  const run = new Run(environment, specified)
  const entries = run.menu(parseGrubScript(text))
  return { entries, chosen: run.variables.get('default') ?? '0' }
}

/** An entry's command line with its variables filled in. */
export function expandLine(text: string, variables: ReadonlyMap<string, string>): string {
  return expandAll(parseGrubWords(text), variables).join(' ')
}

/** A variable may stand for thousands of words, and a line name thousands of variables. */
function expandAll(words: readonly Word[], variables: ReadonlyMap<string, string>): string[] {
  const found: string[] = []
  for (const word of words) {
    if (found.length >= WORDS_MOST) break
    found.push(...expand(word, variables))
  }
  return found.slice(0, WORDS_MOST)
}

function expand({ parts, bare }: Word, variables: ReadonlyMap<string, string>): string[] {
  let text = ''
  for (const part of parts) {
    if (text.length >= VALUE_MOST) break
    text += 'text' in part ? part.text : (variables.get(part.variable) ?? '')
  }
  const short = text.slice(0, VALUE_MOST)
  if (!bare || !parts.some((part) => 'variable' in part)) return [short]
  return short.split(/\s+/).filter((word) => word !== '')
}

/** While an entry is run: what it would start. */
interface Started {
  kernel: string | undefined
  ramdisks: readonly string[]
  cmdline: string
}

class Run {
  readonly variables: Variables = new Map(OWN)
  private readonly environment: ReadonlyMap<string, string>
  private readonly specified: (variables: ReadonlyMap<string, string>) => readonly MenuEntry[]
  private steps = STEPS_MOST
  private on: GrubRoot | undefined

  constructor(
    environment: ReadonlyMap<string, string>,
    specified: (variables: ReadonlyMap<string, string>) => readonly MenuEntry[],
  ) {
    this.environment = environment
    this.specified = specified
  }

  menu(statements: readonly Statement[], depth = 0): MenuEntry[] {
    const entries: MenuEntry[] = []
    this.run(statements, (words, body) => {
      const [command, ...rest] = words
      if (entries.length >= ENTRIES_MOST) return
      if (command === 'blscfg') entries.push(...this.specified(this.variables))
      else if (command === 'menuentry' && body) entries.push(this.entry(rest, body))
      else if (command === 'submenu' && body && depth < DEPTH_MOST) {
        const named = nameOf(rest)
        const below = this.scoped(() => this.menu(body, depth + 1))
        entries.push({ ...named, on: undefined, kernel: undefined, ramdisks: [], cmdline: '', entries: below })
      }
    })
    return entries
  }

  private entry(words: readonly string[], body: readonly Statement[]): MenuEntry {
    const started: Started = { kernel: undefined, ramdisks: [], cmdline: '' }
    const on = this.scoped(() => {
      this.run(body, ([command = '', ...rest]) => {
        if (LINUX.has(command)) {
          const [kernel, ...cmdline] = rest
          Object.assign(started, { kernel, cmdline: cmdline.join(' '), ramdisks: [] })
        } else if (INITRD.has(command)) started.ramdisks = rest.filter((word) => !word.startsWith('-'))
      })
      return this.on
    })
    return { ...nameOf(words), on, ...started, entries: undefined }
  }

  /** What a menu or an entry sets is forgotten after it. */
  private scoped<T>(work: () => T): T {
    const [variables, on] = [new Map(this.variables), this.on]
    const done = work()
    this.variables.clear()
    for (const [name, value] of variables) this.variables.set(name, value)
    this.on = on
    return done
  }

  /** Gives whether the last command succeeded, as far as that is known. */
  private run(
    statements: readonly Statement[],
    order: (words: readonly string[], body: readonly Statement[] | undefined) => void,
  ): boolean {
    let succeeded = true
    for (const statement of statements) {
      if (--this.steps < 0) return false
      if (statement.kind === 'if') {
        const branch = statement.branches.find(({ condition }) => this.run(condition, order))
        if (branch) this.run(branch.run, order)
      } else if (statement.kind === 'command') {
        this.steps -= statement.words.length
        const words = expandAll(statement.words, this.variables)
        succeeded = this.command(words, statement.body, order)
      }
    }
    return succeeded
  }

  private command(
    words: readonly string[],
    body: readonly Statement[] | undefined,
    order: (words: readonly string[], body: readonly Statement[] | undefined) => void,
  ): boolean {
    const [command = '', ...rest] = words
    const assigned = /^([A-Za-z_]\w*)=([\s\S]*)$/.exec(command)
    if (assigned) return this.set([command])
    switch (command) {
      case 'set':
        return this.set(rest)
      case 'unset':
        for (const name of rest) this.variables.delete(name)
        return true
      case 'load_env':
        for (const [name, value] of this.environment) this.variables.set(name, value)
        return true
      case 'search':
      case 'search.fs_uuid':
      case 'search.fs_label':
      case 'search.file':
        this.search(command, rest)
        return true
      case '[':
        return test(rest.slice(0, rest.at(-1) === ']' ? -1 : undefined))
      case 'test':
        return test(rest)
      case 'false':
        return false
      default:
        order(words, body)
        return true
    }
  }

  private set(words: readonly string[]): boolean {
    for (const word of words) {
      const equals = word.indexOf('=')
      if (equals < 1) continue
      const [name, value] = [word.slice(0, equals), word.slice(equals + 1)]
      this.variables.set(name, value)
      if (name !== 'root') continue
      const number = /^\(?(?:hd\d+),(?:gpt|msdos)?(\d+)\)?$/.exec(value)?.[1]
      if (number !== undefined) this.on = { kind: 'partition', number: Number(number) }
    }
    return true
  }

  private search(command: string, words: readonly string[]): void {
    const flag = (...names: readonly string[]): boolean => words.some((word) => names.includes(word))
    const plain = words.filter((word) => !word.startsWith('-'))
    const isSet = command.startsWith('search.') || words.some((word) => /^--set\b/.test(word) || word === '-s')
    const value = command.startsWith('search.') ? plain[0] : plain.at(-1)
    const other = words.find((word) => word.startsWith('--set='))
    if (!isSet || value === undefined || (other !== undefined && other !== '--set=root')) return
    if (flag('--fs-uuid', '-u') || command === 'search.fs_uuid') this.on = { kind: 'uuid', value }
    else if (flag('--label', '-l') || command === 'search.fs_label') this.on = { kind: 'label', value }
    else this.on = { kind: 'file', value }
  }
}

/** The title, and the ids by which `default` may name it. */
function nameOf(words: readonly string[]): { readonly title: string; readonly ids: readonly string[] } {
  const ids: string[] = []
  let title: string | undefined
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? ''
    const joined = /^--id=([\s\S]*)$/.exec(word)?.[1]
    if (joined !== undefined) ids.push(joined)
    else if (word === '--id') ids.push(words[++at] ?? '')
    else if (/^--(class|users|hotkey|source)$/.test(word)) at++
    else if (!word.startsWith('--')) title ??= word
  }
  return { title: title ?? '', ids }
}

/** Of files only the environment is known to be there. */
function test(words: readonly string[]): boolean {
  const joint = words.lastIndexOf('-o')
  if (joint > 0) return test(words.slice(0, joint)) || test(words.slice(joint + 1))
  const both = words.lastIndexOf('-a')
  if (both > 0) return test(words.slice(0, both)) && test(words.slice(both + 1))
  const [first = '', second, third = ''] = words
  if (first === '!') return !test(words.slice(1))
  if (words.length <= 1) return first !== ''
  if (words.length === 2) {
    const of = second ?? ''
    if (first === '-n') return of !== ''
    if (first === '-z') return of === ''
    return /^-[defs]$/.test(first) && /grubenv$/.test(of)
  }
  if (second === '=' || second === '==') return first === third
  if (second === '!=') return first !== third
  const [a, b] = [Number(first), Number(third)]
  const compared = new Map([
    ['-eq', a === b],
    ['-ne', a !== b],
    ['-lt', a < b],
    ['-le', a <= b],
    ['-gt', a > b],
    ['-ge', a >= b],
  ])
  return compared.get(second ?? '') ?? false
}
