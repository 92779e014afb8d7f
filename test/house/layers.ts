// Who may import whom (house.md section 3) as a table, and the judgement over one import.
// A unit is a folder of a world; within backend, driver and features each subfolder is a unit of its own and siblings
// do not know each other. Every unit may use its own world's public/ and lib/, which the rows therefore leave out.
// Departures from house.md stand in README.md beside this file.
// Runs in: vitest, plain Node.

export interface Layer {
  readonly unit: string
  /** Units it may import; a name ending in / means the units below that folder, `*` everything of its world. */
  readonly may: readonly string[]
}

export const LAYERS: readonly Layer[] = [
  { unit: 'src-engine/isa', may: [] },
  { unit: 'src-engine/memory', may: ['src-engine/isa/state-layout.ts'] },
  { unit: 'src-engine/image', may: [] },
  { unit: 'src-engine/net', may: [] },
  { unit: 'src-engine/rfb', may: [] },
  { unit: 'src-engine/vcpu', may: ['src-engine/isa', 'src-engine/memory'] },
  { unit: 'src-engine/jit', may: ['src-engine/isa', 'src-engine/memory'] },
  { unit: 'src-engine/ring', may: ['src-engine/memory', 'src-engine/isa/state-layout.ts'] },
  { unit: 'src-engine/link', may: ['src-engine/memory', 'src-engine/isa/state-layout.ts'] },
  { unit: 'src-engine/platform', may: ['src-engine/memory', 'src-engine/isa/state-layout.ts'] },
  {
    unit: 'src-engine/hypervisor',
    may: ['src-engine/memory', 'src-engine/vcpu', 'src-engine/ring', 'src-engine/link', 'src-engine/isa/state-layout.ts'],
  },
  { unit: 'src-engine/builder', may: ['src-engine/memory', 'src-engine/vcpu', 'src-engine/isa/state-layout.ts'] },
  { unit: 'src-engine/xenstore', may: ['src-engine/ring', 'src-engine/link'] },
  {
    unit: 'src-engine/backend',
    may: [
      'src-engine/ring',
      'src-engine/link',
      'src-engine/xenstore',
      'src-engine/image',
      'src-engine/net',
      'src-engine/backend/',
    ],
  },
  {
    unit: 'src-engine/backend/*',
    may: [
      'src-engine/ring',
      'src-engine/link',
      'src-engine/xenstore',
      'src-engine/image',
      'src-engine/net',
      'src-engine/backend',
    ],
  },
  {
    unit: 'src-engine/save',
    may: [
      'src-engine/memory',
      'src-engine/vcpu',
      'src-engine/hypervisor',
      'src-engine/platform',
      'src-engine/isa/state-layout.ts',
    ],
  },
  { unit: 'src-engine/process', may: ['*'] },

  { unit: 'src-main/config', may: [] },
  { unit: 'src-main/definition', may: ['src-main/config'] },
  { unit: 'src-main/driver', may: ['src-main/config'] },
  { unit: 'src-main/driver/drivers.ts', may: ['*'] },
  { unit: 'src-main/driver/embedded', may: ['src-main/driver/driver.ts', 'src-main/config', 'src-main/supervisor'] },
  { unit: 'src-main/driver/*', may: ['src-main/driver/driver.ts', 'src-main/config'] },
  { unit: 'src-main/supervisor', may: [] },
  { unit: 'src-main/toolstack', may: ['src-main/driver/driver.ts', 'src-main/definition', 'src-main/config'] },
  { unit: 'src-main/connection', may: ['src-main/toolstack', 'src-main/definition', 'src-main/driver/driver.ts'] },
  { unit: 'src-main/ipc', may: ['src-main/toolstack'] },
  {
    unit: 'src-main/app',
    may: [
      'src-main/ipc',
      'src-main/supervisor',
      'src-main/toolstack',
      'src-main/connection',
      'src-main/definition/kept-file.ts',
    ],
  },
  { unit: 'src-main/app/app.ts', may: ['*'] },
  { unit: 'src-main/xm', may: [] },
  { unit: 'src-main/index.ts', may: ['*'] },

  { unit: 'src-renderer/client', may: [] },
  { unit: 'src-renderer/state', may: ['src-renderer/client'] },
  { unit: 'src-renderer/components', may: [] },
  { unit: 'src-renderer/remedy', may: ['src-renderer/state', 'src-renderer/client', 'src-renderer/components'] },
  {
    unit: 'src-renderer/features/*',
    may: ['src-renderer/state', 'src-renderer/client', 'src-renderer/components', 'src-renderer/remedy'],
  },
  {
    unit: 'src-renderer/views',
    may: [
      'src-renderer/state',
      'src-renderer/client',
      'src-renderer/components',
      'src-renderer/remedy',
      'src-renderer/features/',
    ],
  },
  { unit: 'src-renderer/main.tsx', may: ['*'] },
  { unit: 'src-renderer/preload.ts', may: [] },
]

/** Between worlds only public/, and only this way. */
const WORLDS: Readonly<Record<string, readonly string[]>> = {
  'src-engine': [],
  'src-main': ['src-engine'],
  'src-renderer': ['src-main'],
}

/** Public headers describe structures, so this one plain library file is theirs too. */
const STRUCT_LAYOUT = 'src-engine/lib/struct-layout.ts'

/** The only files that may import `electron`. */
export const ELECTRON_FILES = [
  /^src-main\/app\//,
  /^src-main\/(supervisor|ipc)\/electron\.ts$/,
  /^src-main\/index\.ts$/,
  /^src-renderer\/preload\.ts$/,
]

const worldOf = (file: string) => file.split('/')[0] ?? ''

/** The unit a file belongs to: the longest row that fits; undefined for public/, lib/ and files without a row. */
export function unitOf(file: string): { name: string; layer: Layer } | undefined {
  const parts = file.split('/')
  for (let depth = Math.min(parts.length, 3); depth >= 2; depth--) {
    const name = parts.slice(0, depth).join('/')
    const exact = LAYERS.find((layer) => layer.unit === name)
    if (exact) return { name, layer: exact }
    if (depth === 3 && parts.length > 3) {
      const wildcard = LAYERS.find((layer) => layer.unit === `${parts.slice(0, 2).join('/')}/*`)
      if (wildcard) return { name, layer: wildcard }
    }
  }
  return undefined
}

const inFolder = (file: string, folder: string) => file.startsWith(`${folder}/`)

/** Why `from` must not import `to` (both paths from the root), or undefined when it may. */
export function refusal(from: string, to: string): string | undefined {
  const world = worldOf(from)
  const target = worldOf(to)
  if (inFolder(to, 'src-engine/assembly')) return 'nobody imports the AssemblyScript core'
  if (target !== world) {
    const allowed = WORLDS[world]?.includes(target) && inFolder(to, `${target}/public`)
    return allowed
      ? undefined
      : `${world} may import ${(WORLDS[world] ?? []).map((w) => `${w}/public`).join(', ') || 'no other world'}`
  }
  if (inFolder(from, `${world}/public`)) {
    return inFolder(to, `${world}/public`) || to === STRUCT_LAYOUT ? undefined : 'public/ imports only public/'
  }
  if (inFolder(to, `${world}/public`) || inFolder(to, `${world}/lib`)) return undefined
  if (inFolder(from, `${world}/lib`)) return 'lib/ imports only lib/ and public/'
  const unit = unitOf(from)
  if (!unit) return `no row for ${from}`
  const other = unitOf(to)
  if (other?.name === unit.name) return undefined
  const may = unit.layer.may.some((row) => {
    if (row === '*' || row === to) return true
    if (row.endsWith('/')) return to.startsWith(row)
    return other?.name === row
  })
  return may ? undefined : `${unit.name} may import ${unit.layer.may.join(', ') || 'only public/ and lib/'}`
}
