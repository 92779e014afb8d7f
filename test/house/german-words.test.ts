// The German catalogue of what engine and toolstack say, held against the sources both ways: what they hand out as a sentence for people has a
// row, and no row is left over from a sentence that is gone.
// Runs in: vitest, plain Node.
import { describe, expect, it } from 'vitest'
import { configurations } from '../../src-main/public/german/configurations'
import { engine } from '../../src-main/public/german/engine'
import { engineWords, germanSentences, germanWords } from '../../src-main/public/german/german-words'
import { images } from '../../src-main/public/german/images'
import { kernels } from '../../src-main/public/german/kernels'
import { filesBelow, read, sentencesIn } from './sources'

/** Calls and properties that carry a sentence for people. */
const SAYS = new Set(
  'log err fail failure wrong corrupt invalid refused refuse textError crashDomain shutdown down systemError Refusal message detail unavailable ended kill'.split(
    ' ',
  ),
)

/** What no window shows: the engine's own command line, its programs without windows, the grammar of messages between our processes. */
const NOT_SHOWN =
  /src-main\/(xm|public\/german|index|app\/menu-text)|assembly|generated|src-engine\/(isa|jit|vcpu|xenstore|rfb\/(handshake|session|server|pixel-format|byte-channel)|backend\/(console|fb\/surface|net\/batch)|public\/protocol\/frame)|process\/guest-(options|devices|runner|domain0|session)|test-(console|screen)/

const files = ['src-engine', 'src-main'].flatMap((dir) => filesBelow(dir, /\.ts$/)).filter((file) => !NOT_SHOWN.test(file))

/** With something in place of each mark that no row knows. */
function filled(sentence: string): string {
  let mark = 0
  return sentence.replaceAll('{}', () => `q${++mark}z`)
}

/** What follows or goes before is put to it where it is said. */
const isKnown = (sentence: string): boolean =>
  [sentence, `/q/a.img ${sentence}`, `q9z: ${sentence}`, `${sentence}: q9z`].some((text) => germanWords(text) !== text)

/** Put together from words that stand apart in the source. */
const COMPOSED =
  /^(Cannot (create|sync|resize|close) \{file\}|crashed \(|Memory of .* beyond the limit|The process of the machine \{end\}\. Last)/

/** Why a viewer's connection ended, which nobody is told; and the verb and file of a row above. */
const UNSAID = ['src-engine/rfb/listen.ts: the viewer went', 'src-engine/image/node-file.ts: Cannot q1z q2z']

describe('German for what the engine and the toolstack say', () => {
  it('has every sentence that they hand out', () => {
    const missing = files.flatMap((file) =>
      sentencesIn(file, SAYS)
        .map(filled)
        .filter((sentence) => !isKnown(sentence))
        .map((sentence) => `${file}: ${sentence}`)
        .filter((sentence) => !UNSAID.includes(sentence)),
    )
    expect(missing).toEqual([])
  })

  it('has no sentence that nobody says', () => {
    const whole = ['src-engine', 'src-main']
      .flatMap((dir) => filesBelow(dir, /\.ts$/))
      .filter((file) => !file.includes('/german/') && !file.includes('assembly'))
      .map(read)
      .join('\n')
      .replaceAll("\\'", "'")
    const left = Object.keys({ ...configurations, ...engine, ...images, ...kernels }).filter((english) => {
      const parts = english.split(/\{\w+\}/).map((part) => part.replace(/^[\s:.]+|[\s:.]+$/g, ''))
      return !COMPOSED.test(english) && !parts.every((part) => whole.includes(part.replaceAll('\\', '\\\\')))
    })
    expect(left).toEqual([])
  })

  it('fills the same marks in both languages', () => {
    const marks = (text: string) => [...text.matchAll(/\{\w+\}/g)].map(([mark]) => mark).sort()
    for (const [english, german] of Object.entries(germanSentences)) expect(marks(german), english).toEqual(marks(english))
  })

  it('translates sentences within sentences, and leaves alone what others said', () => {
    expect(germanWords('The domain in /x/a.save had stopped: triple fault at RIP 0xffffffff81000000.')).toBe(
      'Die Maschine in /x/a.save war zu Ende gegangen: dreifacher Fehler (triple fault) bei RIP 0xffffffff81000000.',
    )
    expect(germanWords('The process of the machine was ended by SIGKILL. Last words: out of cheese')).toBe(
      'Der Prozess der Maschine wurde durch SIGKILL beendet. Letzte Worte: out of cheese',
    )
    expect(germanWords('Cannot write /x/a.qcow2: ENOSPC: no space left on device.')).toBe(
      '/x/a.qcow2 lässt sich nicht schreiben: ENOSPC: kein Platz mehr auf dem Datenträger.',
    )
    expect(germanWords('(XEN) [     0.323017] d3: SHUTDOWN_crash: triple fault at RIP 0x100018')).toBe(
      '(XEN) [     0.323017] d3: SHUTDOWN_crash: dreifacher Fehler (triple fault) bei RIP 0x100018',
    )
    expect(germanWords('eth0: link becomes ready')).toBe('eth0: link becomes ready')
    expect(engineWords('The domain has stopped.', 'en')).toBe('The domain has stopped.')
  })

  it('puts in what people and guests have named as it is, marks, dollars and braces too', () => {
    expect(germanWords('There is no network {name} $& {mac}.')).toBe('Es gibt kein Netz {name} $& {mac}.')
    expect(germanWords('{field} is “{what}”, but a number is expected')).toBe('{field} ist „{what}“, erwartet wird eine Zahl')
    expect(germanWords('There is no network .')).toBe('There is no network .')
    // Words of ours elsewhere.
    expect(germanWords('There is no network text.')).toBe('Es gibt kein Netz text.')
    expect(germanWords('Network closed: it is cut off.')).toBe('Netz closed: sie ist abgeschnitten.')
    expect(germanWords('Cannot open shared: permission denied.')).toBe('shared lässt sich nicht öffnen: keine Berechtigung.')
    expect(germanWords('Domain 3 (no medium) was created.')).toBe('Maschine 3 (no medium) wurde gestartet.')
    expect(germanWords('memory is “nothing”, but a number is expected')).toBe('memory ist „nothing“, erwartet wird eine Zahl')
  })

  // Without a bound of depth the first two take minutes or all of the stack; a regular expression takes years for the last.
  it.each(['a: ', 'line 1: ', 'x: y port z leads to port '])('is through at once with endless “%s”', (words) => {
    const text = words.repeat(20_000)
    expect(germanWords(`${text}!`).length).toBeGreaterThanOrEqual(text.length)
  })
})
