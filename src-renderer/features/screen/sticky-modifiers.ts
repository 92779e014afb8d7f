// Modifiers that are held for a person who cannot, or whose desktop takes the combination for itself: chosen in a menu, they are down in the
// guest until the next key has been typed there, or until they are chosen again.
// Invariant: a held modifier has been pressed in the guest exactly once, and `held` names it. Runs in: domain window.
import type { KeyPress } from '../../../src-main/public/send-keys'

export interface StickyRow {
  readonly id: string
  readonly label: string
  readonly key: KeyPress
}

export const stickyRows: readonly StickyRow[] = [
  { id: 'hold-control', label: 'Ctrl', key: { keysym: 0xffe3, code: 'ControlLeft' } },
  { id: 'hold-alt', label: 'Alt', key: { keysym: 0xffe9, code: 'AltLeft' } },
  { id: 'hold-shift', label: 'Shift', key: { keysym: 0xffe1, code: 'ShiftLeft' } },
  { id: 'hold-super', label: 'Super', key: { keysym: 0xffeb, code: 'MetaLeft' } },
]

const MODIFIER = /^(Control|Alt|Shift|Meta)(Left|Right)$/

export class StickyModifiers {
  /** Their ids, as they were chosen. */
  held: readonly string[] = []

  constructor(
    private readonly press: (key: KeyPress, down: boolean) => void,
    private readonly changed: (held: readonly string[]) => void,
  ) {}

  toggle({ id, key }: StickyRow): void {
    const down = !this.held.includes(id)
    this.press(key, down)
    this.tell(down ? [...this.held, id] : this.held.filter((each) => each !== id))
  }

  /** A key of this code has been let go of in the guest. */
  typed(code: string): void {
    if (!MODIFIER.test(code)) this.release()
  }

  /** The last chosen first. */
  release(): void {
    for (const id of [...this.held].reverse()) {
      const row = stickyRows.find((each) => each.id === id)
      if (row) this.press(row.key, false)
    }
    this.tell([])
  }

  /** The viewer is gone, and what it held with it. */
  forget(): void {
    this.tell([])
  }

  private tell(held: readonly string[]): void {
    if (held.length === 0 && this.held.length === 0) return
    this.held = held
    this.changed(held)
  }
}
