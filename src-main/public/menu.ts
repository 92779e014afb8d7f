// What the menu bar of a window has about machines. The page answers a choice (event `menuChosen`) and says which there are now
// (call `menuOffer`), so that the menu, which main draws, is greyed as the page's own menus are.
// Invariant: a command nobody offers is greyed. Runs in: main, preload, renderer. No platform.

/** As in virt-manager's *Virtual Machine* menu; the ids are those of the pages' own menus. */
export const MACHINE_COMMANDS = [
  'open',
  'details',
  'run',
  'pause',
  'resume',
  'reboot',
  'shutdown',
  'reset',
  'forceOff',
  'managedSave',
  'save',
  'clone',
  'migrate',
  'template',
  'delete',
  'screen-shot',
] as const
export type MachineCommand = (typeof MACHINE_COMMANDS)[number]

/** The pages of a machine's window, in their order; `page-` and the name is the command. */
export const DOMAIN_PAGES = ['screen', 'console', 'details', 'performance', 'snapshots', 'inside', 'log'] as const
export type DomainPage = (typeof DOMAIN_PAGES)[number]

/** Before the id of a row of send-keys.ts. */
export const SEND_KEY = 'send-'
