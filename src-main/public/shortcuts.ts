// Every key of the app, one row each: main's menus take their accelerators from here, windows their key handlers' words, and the
// keyboard map shows them all. Keys are written as Electron writes accelerators.
// Where a console has the keyboard, `inDomain` is used instead: what a shell wants (Ctrl+W) belongs to the guest.
// Runs in: main, renderer. No platform.

export interface ShortcutRow {
  readonly place: 'app' | 'list' | 'form' | 'console'
  readonly keys: string
  readonly inDomain?: string
  /** Other keys for the same, where the page itself listens. */
  readonly also?: string
  /** The list's command it stands for, where the page itself listens for it. */
  readonly command?: string
}

export const shortcuts = {
  newMachine: { place: 'app', keys: 'CmdOrCtrl+N', inDomain: 'CmdOrCtrl+Shift+N', command: 'new' },
  close: { place: 'app', keys: 'CmdOrCtrl+W', inDomain: 'CmdOrCtrl+Shift+W' },
  quit: { place: 'app', keys: 'CmdOrCtrl+Q', inDomain: 'CmdOrCtrl+Shift+Q' },
  zoomIn: { place: 'app', keys: 'CmdOrCtrl+Plus' },
  zoomOut: { place: 'app', keys: 'CmdOrCtrl+Shift+-' },
  zoomReset: { place: 'app', keys: 'CmdOrCtrl+Shift+0' },
  wall: { place: 'app', keys: 'CmdOrCtrl+Shift+L', command: 'wall' },
  fullScreen: { place: 'app', keys: 'F11' },
  palette: { place: 'list', keys: 'CmdOrCtrl+K', also: 'CmdOrCtrl+Shift+P', command: 'palette' },
  keyMap: { place: 'list', keys: 'CmdOrCtrl+/', command: 'keys' },
  find: { place: 'list', keys: 'CmdOrCtrl+F', command: 'find' },
  run: { place: 'list', keys: 'CmdOrCtrl+R', command: 'run' },
  pause: { place: 'list', keys: 'CmdOrCtrl+P', command: 'pause' },
  shutdown: { place: 'list', keys: 'CmdOrCtrl+Shift+D', command: 'shutdown' },
  folder: { place: 'list', keys: 'CmdOrCtrl+M', command: 'folder' },
  tags: { place: 'list', keys: 'CmdOrCtrl+T', command: 'tags' },
  open: { place: 'list', keys: 'Enter' },
  remove: { place: 'list', keys: 'Delete' },
  menu: { place: 'list', keys: 'Shift+F10' },
  step: { place: 'list', keys: 'Up/Down' },
  more: { place: 'list', keys: 'Shift+Up/Down' },
  all: { place: 'list', keys: 'CmdOrCtrl+A' },
  fold: { place: 'list', keys: 'Left/Right' },
  rename: { place: 'list', keys: 'F2' },
  undo: { place: 'list', keys: 'CmdOrCtrl+Z', command: 'undo' },
  next: { place: 'form', keys: 'Tab' },
  previous: { place: 'form', keys: 'Shift+Tab' },
  leaveDialog: { place: 'form', keys: 'Escape' },
  tabs: { place: 'form', keys: 'Left/Right' },
  leaveConsole: { place: 'console', keys: 'Ctrl+Tab' },
  copy: { place: 'console', keys: 'Ctrl+Shift+C' },
  findText: { place: 'console', keys: 'Ctrl+Shift+F' },
  paste: { place: 'console', keys: 'Ctrl+Shift+V' },
} as const satisfies Record<string, ShortcutRow>

export type ShortcutId = keyof typeof shortcuts

/** The accelerator of a menu entry in a window of the view. */
export function acceleratorOf(id: ShortcutId, inDomain: boolean): string {
  const row: ShortcutRow = shortcuts[id]
  return inDomain ? (row.inDomain ?? row.keys) : row.keys
}
