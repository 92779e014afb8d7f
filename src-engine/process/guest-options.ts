// The command line of the headless runner: from words to options, or one sentence about what is wrong.
// Runs in: the runner's process (pure).
import path from 'node:path'
import { checkMemory } from '../builder/memory-map'
import type { Device, Display } from '../public/protocol/device'
import { err, ok, type Result } from '../public/result'
import { domainGeometry } from '../vcpu/domain-geometry'
import { DEVICE_WORDS, parseDevice } from './guest-devices'

export const USAGE =
  'usage: npm run -s guest -- (--kernel FILE [--ramdisk FILE] [--extra COMMAND-LINE] [--memory MiB] [--vcpus N] | --restore FILE)\n' +
  '         [--expect REGEX [--send TEXT | --type TEXT]]... [--save FILE --save-after REGEX] [--timeout SECONDS] [--translator on|off]\n' +
  '         [--json FILE] [--dmesg FILE] [--xenstore-ls FILE]\n' +
  `         devices: ${Object.values(DEVICE_WORDS)
    .map(({ usage }) => `[${usage}]...`)
    .join('\n                  ')}\n` +
  '         with a --vfb: [--screenshot FILE.png] [--vnc SOCKET-PATH | --vnc PORT [--vnc-password FILE]]\n' +
  "TEXT is typed with Enter after it (\\n, \\r, \\t, \\xNN are understood); --type types on the screen's keyboard. A --send after the last --expect is typed,\n" +
  'then the runner waits for the guest to stop. Exit: 0 met or powered off, 2 bad arguments, 3 crashed, 4 timeout,\n' +
  '5 stopped too early, 6 reboot.'

export interface Expectation {
  readonly pattern: RegExp
  readonly send: string | undefined
  /** Typed on the screen's keyboard. */
  readonly keys?: string | undefined
}

export interface GuestOptions {
  readonly kernel: string | undefined
  readonly ramdisk: string | undefined
  readonly commandLine: string
  readonly memoryMiB: number
  readonly vcpus: number
  /** Undefined: as the engine thinks best. */
  readonly translator: boolean | undefined
  readonly restore: string | undefined
  readonly expectations: readonly Expectation[]
  readonly save: { readonly path: string; readonly after: RegExp } | undefined
  readonly timeoutSeconds: number | undefined
  readonly json: string | undefined
  readonly dmesg: string | undefined
  readonly xenstoreLs: string | undefined
  readonly devices: readonly Device[]
  readonly display: Display | undefined
  readonly screenshot: string | undefined
  readonly vnc: { readonly path: string } | { readonly port: number; readonly passwordFile: string | undefined } | undefined
}

const DEFAULT_COMMAND_LINE = 'console=hvc0'
/** The last one is init's. */
const DISPLAY_COMMAND_LINE = 'console=tty0 console=hvc0'
const DEFAULT_MEMORY_MIB = 256

/** Words that take a value, each at most once except --expect, --send and --type; beside them those of DEVICE_WORDS, as often as wanted. */
const WORDS = [
  '--kernel',
  '--ramdisk',
  '--extra',
  '--memory',
  '--vcpus',
  '--translator',
  '--restore',
  '--expect',
  '--send',
  '--save',
  '--save-after',
  '--timeout',
  '--json',
  '--dmesg',
  '--xenstore-ls',
  '--type',
  '--screenshot',
  '--vnc',
  '--vnc-password',
] as const
type Word = (typeof WORDS)[number]

function isWord(text: string): text is Word {
  return WORDS.some((word) => word === text)
}

function typedText(text: string): string {
  const typed = text.replace(/\\(n|r|t|\\|x[0-9a-fA-F]{2})/g, (_all, code: string) => {
    if (code.startsWith('x')) return String.fromCharCode(Number.parseInt(code.slice(1), 16))
    return { n: '\n', r: '\r', t: '\t', '\\': '\\' }[code] ?? code
  })
  return /[\r\n]$/.test(typed) ? typed : `${typed}\r`
}

function pattern(source: string, word: string): Result<RegExp, string> {
  try {
    return ok(new RegExp(source, 'm'))
  } catch {
    return err(`${word} ${source}: not a regular expression`)
  }
}

function positive(value: string | undefined, word: string): Result<number | undefined, string> {
  if (value === undefined) return ok(undefined)
  const number = Number(value)
  return Number.isFinite(number) && number > 0 ? ok(number) : err(`${word} ${value}: a number above 0 is wanted`)
}

/** `from`: the folder that names of files begin at. */
export function parseGuestOptions(args: readonly string[], from = process.cwd()): Result<GuestOptions, string> {
  const devices: Device[] = []
  const values = new Map<Word, string>()
  const expectations: Expectation[] = []
  for (let i = 0; i < args.length; i += 2) {
    const word = args[i] ?? ''
    const value = args[i + 1]
    const forDevice = word in DEVICE_WORDS
    if (!isWord(word) && !forDevice) return err(`${word}: not an option of this program`)
    if (value === undefined) return err(`${word} needs a value`)
    if (!isWord(word)) {
      const device = parseDevice(word, value, devices, (name) => path.resolve(from, name))
      if (!device.ok) return device
      devices.push(device.value)
    } else if (word === '--expect') {
      const expected = pattern(value, word)
      if (!expected.ok) return expected
      expectations.push({ pattern: expected.value, send: undefined })
    } else if (word === '--send' || word === '--type') {
      const last = expectations.pop()
      if (!last || last.send !== undefined || last.keys !== undefined) {
        return err(`${word} stands after the --expect it answers`)
      }
      const text = typedText(value)
      expectations.push({ ...last, ...(word === '--send' ? { send: text } : { keys: text }) })
    } else if (values.has(word)) return err(`${word} is given twice`)
    else values.set(word, value)
  }
  const kernel = values.get('--kernel')
  const restore = values.get('--restore')
  if ((kernel === undefined) === (restore === undefined)) return err('either --kernel or --restore is needed')
  if (restore !== undefined && (values.has('--ramdisk') || values.has('--extra') || values.has('--memory'))) {
    return err('--restore brings kernel, ramdisk, command line and memory with it')
  }
  const memory = values.get('--memory')
  if (memory !== undefined && !/^\d+$/.test(memory)) return err(`--memory ${memory}: a number of MiB is wanted`)
  const memoryMiB = memory === undefined ? DEFAULT_MEMORY_MIB : Number(memory)
  const possible = checkMemory(memoryMiB, domainGeometry(1, 0).ramBase)
  if (!possible.ok) return err(possible.error.message)
  const vcpus = values.get('--vcpus') ?? '1'
  if (!/^\d+$/.test(vcpus) || Number(vcpus) === 0) return err(`--vcpus ${vcpus}: a number above 0 is wanted`)
  const translator = values.get('--translator')
  if (translator !== undefined && translator !== 'on' && translator !== 'off')
    return err(`--translator ${translator}: on or off is wanted`)
  const timeout = positive(values.get('--timeout'), '--timeout')
  if (!timeout.ok) return timeout
  const saveTo = values.get('--save')
  const saveAfter = values.get('--save-after')
  if ((saveTo === undefined) !== (saveAfter === undefined)) return err('--save and --save-after go together')
  let save: GuestOptions['save']
  if (saveTo !== undefined && saveAfter !== undefined) {
    const after = pattern(saveAfter, '--save-after')
    if (!after.ok) return after
    save = { path: saveTo, after: after.value }
  }
  const display = devices.find((device) => device.kind === 'vfb')
  for (const word of ['--screenshot', '--vnc'] as const) {
    if (values.has(word) && !display) return err(`${word} needs a --vfb`)
  }
  if (expectations.some(({ keys }) => keys !== undefined) && !display) return err('--type needs a --vfb')
  const vnc = values.get('--vnc')
  const passwordFile = values.get('--vnc-password')
  if (passwordFile !== undefined && !/^\d+$/.test(vnc ?? '')) return err('--vnc-password needs a --vnc PORT')
  if (/^\d+$/.test(vnc ?? '') && Number(vnc) > 65535) return err(`--vnc ${vnc}: a port is at most 65535`)
  return ok({
    kernel,
    ramdisk: values.get('--ramdisk'),
    commandLine: values.get('--extra') ?? (display ? DISPLAY_COMMAND_LINE : DEFAULT_COMMAND_LINE),
    memoryMiB,
    vcpus: Number(vcpus),
    translator: translator === undefined ? undefined : translator === 'on',
    restore,
    expectations,
    save,
    timeoutSeconds: timeout.value,
    json: values.get('--json'),
    dmesg: values.get('--dmesg'),
    xenstoreLs: values.get('--xenstore-ls'),
    devices,
    display: display?.kind === 'vfb' ? display : undefined,
    screenshot: values.get('--screenshot'),
    vnc: vnc === undefined ? undefined : /^\d+$/.test(vnc) ? { port: Number(vnc), passwordFile } : { path: vnc },
  })
}
