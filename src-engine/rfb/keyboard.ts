// The keys of one viewer: keysyms and scancodes become presses and releases of Linux input codes, and whatever it holds is
// released when it goes. Where a character needs another state of Shift or AltGr than is held (a German viewer sends `/` with
// Shift down), that state is there for the press and put back after it.
// Invariant: `held` is exactly what this viewer has pressed and not released. Runs in: the server's process.
import type { KeymapName } from '../public/keymap'
import { KEY } from '../public/xen/io/kbdif'
import { ALTGR_KEYSYMS, choiceOfKeysym, type KeyChoice, LOCK_KEYSYMS } from './keysym'
import { codeOfScancode } from './scancode'

/** Where presses and releases go. */
export interface KeySink {
  key(code: number, pressed: boolean): void
}

const KEY_SPACE = 57
const { KEY_LEFTSHIFT, KEY_RIGHTSHIFT, KEY_RIGHTALT } = KEY
const SHIFTS = [KEY_LEFTSHIFT, KEY_RIGHTSHIFT]
const MODIFIERS: ReadonlySet<number> = new Set([KEY_LEFTSHIFT, KEY_RIGHTSHIFT, 29, 97, 56, KEY_RIGHTALT, 125, 126])

export class Keyboard {
  private readonly sink: KeySink
  private readonly keymap: KeymapName
  private readonly held = new Set<number>()
  /** Code a keysym was pressed as: Shift may have been let go of before the key. */
  private readonly pressed = new Map<number, number>()
  /** AltGr is held for the viewer's layout, not as the guest's Alt. */
  private altGr = false

  /** `keymap`: the guest's. */
  constructor(sink: KeySink, keymap: KeymapName) {
    this.sink = sink
    this.keymap = keymap
  }

  keysym(keysym: number, down: boolean): void {
    if (LOCK_KEYSYMS.has(keysym)) return
    if (down) this.press(keysym)
    else this.release(keysym)
  }

  /** The key itself came with its scancode: nothing to guess, unless it is one no keyboard has; then the keysym says more. */
  scancode(scancode: number, keysym: number, down: boolean): void {
    const code = codeOfScancode(scancode)
    if (code === 0) this.keysym(keysym, down)
    else this.set(code, down)
  }

  releaseAll(): void {
    // Modifiers last, or a character would be seen without its Shift.
    for (const modifiers of [false, true]) {
      for (const code of [...this.held]) if (MODIFIERS.has(code) === modifiers) this.set(code, false)
    }
    this.pressed.clear()
    this.altGr = false
  }

  private press(keysym: number): void {
    const choice = this.choice(keysym)
    if (!choice) return
    if (ALTGR_KEYSYMS.has(keysym)) this.altGr = true
    const wanted = MODIFIERS.has(choice.code) ? [] : this.modifiersFor(choice.shift, choice.altGr)
    for (const [code, down] of wanted) this.sink.key(code, down)
    this.pressed.set(keysym, choice.code)
    this.set(choice.code, true)
    if (choice.dead) {
      this.set(choice.code, false)
      for (const down of [true, false]) this.sink.key(KEY_SPACE, down)
    }
    for (const [code, down] of wanted.reverse()) this.sink.key(code, !down)
  }

  private choice(keysym: number): KeyChoice | undefined {
    return choiceOfKeysym(keysym, this.keymap)
  }

  /** What must change, for the moment of the press. */
  private modifiersFor(shift: boolean | undefined, altGr: boolean): [number, boolean][] {
    const changes: [number, boolean][] = []
    const shifts = SHIFTS.filter((code) => this.held.has(code))
    if (shift === true && shifts.length === 0) changes.push([KEY_LEFTSHIFT, true])
    if (shift === false) for (const code of shifts) changes.push([code, false])
    const held = this.held.has(KEY_RIGHTALT)
    if (altGr && !held) changes.push([KEY_RIGHTALT, true])
    if (!altGr && held && this.altGr) changes.push([KEY_RIGHTALT, false])
    return changes
  }

  private release(keysym: number): void {
    const code = this.pressed.get(keysym)
    this.pressed.delete(keysym)
    if (ALTGR_KEYSYMS.has(keysym)) this.altGr = false
    if (code !== undefined) {
      this.set(code, false)
      return
    }
    const choice = this.choice(keysym)
    if (choice && this.held.has(choice.code)) {
      this.set(choice.code, false)
      return
    }
    // Released under another name than it was pressed by (`7` after `/`, when Shift went first): better all than one for ever.
    if (choice && !MODIFIERS.has(choice.code)) {
      for (const [other, one] of [...this.pressed]) {
        if (MODIFIERS.has(one)) continue
        this.pressed.delete(other)
        this.set(one, false)
      }
    }
  }

  /** A press of what is held is a repetition and goes through; a release of what is not held does not. */
  private set(code: number, down: boolean): void {
    if (down) this.held.add(code)
    else if (!this.held.delete(code)) return
    this.sink.key(code, down)
  }
}
