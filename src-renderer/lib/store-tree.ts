// A XenStore dump (`xenstore-ls -f`: one node a line, path = "value"   (permissions)) as a tree.
// Invariant: hostile input: a guest writes values and names; nothing here depends on their form. A path whose parents are not
// in the dump gets them, without a value. Runs in: renderer and tests; pure.

import { isPlain } from '../../src-main/public/name'

export interface StoreNode {
  /** The path again, under the name that lists look for. */
  readonly id: string
  readonly path: string
  readonly name: string
  readonly value: string
  readonly permissions: string
  readonly children: StoreNode[]
}

interface Line {
  readonly path: string
  readonly value: string
  readonly permissions: string
}

const LINE = /^(\/.*?) = "(.*)"\s*(?:\(([^()]*)\))?\s*$/

const ESCAPED = /\\(?:x([0-9a-f]{2})|(.))/g
const decoder = new TextDecoder('utf-8', { fatal: true })

/** A value whose escaped bytes are the UTF-8 of a text that fits into a line, as that text; any other as xenstore-ls prints it. */
function readable(value: string): string {
  if (!value.includes('\\') || /[^ -~]/.test(value)) return value
  // An escape for the end of a line becomes one, which keeps the value as it is.
  const bytes = value.replace(ESCAPED, (_all, hex: string | undefined, sign = '') =>
    hex === undefined ? (sign === 'n' ? '\n' : sign) : String.fromCharCode(Number.parseInt(hex, 16)),
  )
  try {
    const text = decoder.decode(Uint8Array.from(bytes, (char) => char.charCodeAt(0)))
    return isPlain(text) ? text : value
  } catch {
    return value
  }
}

function readLine(line: string): Line | undefined {
  const found = LINE.exec(line)
  if (found === null) return undefined
  return { path: found[1] ?? '', value: found[2] ?? '', permissions: found[3] ?? '' }
}

export function parseStore(dump: string): readonly StoreNode[] {
  const nodes = new Map<string, { -readonly [K in keyof StoreNode]: StoreNode[K] }>()
  const roots: StoreNode[] = []
  const nodeOf = (path: string) => {
    const known = nodes.get(path)
    if (known !== undefined) return known
    const cut = path.lastIndexOf('/')
    const made = { id: path, path, name: path.slice(cut + 1), value: '', permissions: '', children: [] }
    nodes.set(path, made)
    if (cut <= 0) roots.push(made)
    else nodeOf(path.slice(0, cut)).children.push(made)
    return made
  }
  for (const text of dump.split('\n')) {
    const line = readLine(text)
    if (line === undefined || line.path.length > 3072) continue
    const node = nodeOf(line.path.replace(/\/+$/, '') || '/')
    node.value = readable(line.value)
    node.permissions = line.permissions
  }
  return roots
}

/** The nodes whose path or value has the words in it, with their parents. */
export function filterStore(nodes: readonly StoreNode[], words: string): readonly StoreNode[] {
  const wanted = words.trim().toLowerCase()
  if (wanted === '') return nodes
  return nodes.flatMap((node): StoreNode[] => {
    const hit = node.path.toLowerCase().includes(wanted) || node.value.toLowerCase().includes(wanted)
    const children = filterStore(node.children, wanted)
    return hit || children.length > 0 ? [{ ...node, children: [...children] }] : []
  })
}

export function countNodes(nodes: readonly StoreNode[]): number {
  return nodes.reduce((sum, node) => sum + 1 + countNodes(node.children), 0)
}

export function pathsOf(nodes: readonly StoreNode[]): string[] {
  return nodes.flatMap((node) => (node.children.length === 0 ? [] : [node.path, ...pathsOf(node.children)]))
}

export function findNode(nodes: readonly StoreNode[], path: string): StoreNode | undefined {
  for (const node of nodes) {
    if (node.path === path) return node
    const below = path.startsWith(`${node.path}/`) ? findNode(node.children, path) : undefined
    if (below !== undefined) return below
  }
  return undefined
}

/** A value as it stands in the store: dumps write what is not printable as \xNN, and mark quotes and backslashes. */
export function plainValue(dumped: string): string {
  return dumped.replace(/\\(?:x([0-9a-f]{2})|(.))/gi, (_, code: string | undefined, mark: string | undefined) => {
    if (code !== undefined) return String.fromCharCode(Number.parseInt(code, 16))
    return mark === 'n' ? '\n' : (mark ?? '')
  })
}
