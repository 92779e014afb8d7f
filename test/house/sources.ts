// The sources as the house tests see them: files of each world, what each imports, and which syntax the rules forbid.
// Read with the bundler's own parser: TypeScript 7 has no JavaScript interface to parse with.
// Runs in: vitest, plain Node.
import fs from 'node:fs'
import path from 'node:path'
import { parseAst } from 'rolldown/parseAst'

export const ROOT = path.resolve(__dirname, '../..')

const OUTPUTS = new Set(['node_modules', 'build', 'fixture'])

/** Files below `dir` whose name matches, as paths from the root with forward slashes. */
export function filesBelow(dir: string, pattern: RegExp): string[] {
  const absolute = path.join(ROOT, dir)
  if (!fs.existsSync(absolute)) return []
  return fs.readdirSync(absolute, { withFileTypes: true }).flatMap((entry) => {
    const file = `${dir}/${entry.name}`
    if (entry.isDirectory()) return OUTPUTS.has(entry.name) ? [] : filesBelow(file, pattern)
    return pattern.test(entry.name) ? [file] : []
  })
}

export const read = (file: string): string => fs.readFileSync(path.join(ROOT, file), 'utf8')

export interface Import {
  readonly specifier: string
  /** Path from the root for a relative import, with its extension; undefined for packages and builtins. */
  readonly target: string | undefined
  readonly line: number
}

export interface Source {
  readonly file: string
  readonly imports: readonly Import[]
  /** Line numbers of `any` and of the non-null `!`. */
  readonly anys: readonly number[]
  readonly nonNulls: readonly number[]
}

function resolveRelative(from: string, specifier: string): string | undefined {
  if (!specifier.startsWith('.')) return undefined
  const bare = path.posix.join(path.posix.dirname(from), specifier.replace(/\?.*$/, ''))
  const candidates = [
    bare,
    ...['.ts', '.tsx', '.d.ts', '.mts'].map((end) => bare + end),
    `${bare}/index.ts`,
    `${bare}/index.tsx`,
  ]
  return candidates.find((file) => fs.statSync(path.join(ROOT, file), { throwIfNoEntry: false })?.isFile()) ?? bare
}

type Node = Readonly<Record<string, unknown>>
const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null

/** The module a node names, whatever the form: import, export from, import(), import type, require(). */
function specifierOf(node: Node): string | undefined {
  const literal = (value: unknown) => (isNode(value) && typeof value['value'] === 'string' ? value['value'] : undefined)
  switch (node['type']) {
    case 'ImportDeclaration':
    case 'ExportNamedDeclaration':
    case 'ExportAllDeclaration':
    case 'ImportExpression':
    case 'TSImportType':
      return literal(node['source'])
    case 'CallExpression': {
      const callee = node['callee']
      const args = node['arguments']
      return isNode(callee) && callee['name'] === 'require' && Array.isArray(args) ? literal(args[0]) : undefined
    }
    default:
      return undefined
  }
}

export function readSource(file: string): Source {
  const text = read(file)
  const imports: Import[] = []
  const anys: number[] = []
  const nonNulls: number[] = []
  const lineOf = (node: Node) => text.slice(0, Number(node['start'])).split('\n').length
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) {
      value.forEach(visit)
      return
    }
    if (!isNode(value)) return
    const specifier = specifierOf(value)
    if (specifier !== undefined) imports.push({ specifier, target: resolveRelative(file, specifier), line: lineOf(value) })
    if (value['type'] === 'TSAnyKeyword') anys.push(lineOf(value))
    if (value['type'] === 'TSNonNullExpression') nonNulls.push(lineOf(value))
    Object.values(value).forEach(visit)
  }
  visit(parseAst(text, { lang: file.endsWith('.tsx') ? 'tsx' : 'ts' }))
  return { file, imports, anys, nonNulls }
}

/** A string as written, or as it is put together: marks stand where something is filled in. Undefined for anything else. */
function sentenceOf(node: Node): string | undefined {
  const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])
  if (node['type'] === 'Literal' && typeof node['value'] === 'string') return node['value']
  if (node['type'] === 'TemplateLiteral') {
    const texts = list(node['quasis']).map((quasi) =>
      isNode(quasi) && isNode(quasi['value']) ? String(quasi['value']['cooked']) : '',
    )
    return texts.join('{}')
  }
  if (node['type'] === 'BinaryExpression' && node['operator'] === '+' && isNode(node['left']) && isNode(node['right'])) {
    const [left, right] = [sentenceOf(node['left']), sentenceOf(node['right'])]
    if (left === undefined && right === undefined) return undefined
    return `${left ?? '{}'}${right ?? '{}'}`
  }
  return undefined
}

/** Strings of several words in the arguments of calls, and in properties, of these names; `{}` where something is filled in. */
export function sentencesIn(file: string, names: ReadonlySet<string>): readonly string[] {
  const found: string[] = []
  const nameOf = (node: unknown): unknown =>
    isNode(node) ? (node['name'] ?? (isNode(node['property']) ? node['property']['name'] : undefined)) : undefined
  const visit = (value: unknown, said: boolean): void => {
    if (Array.isArray(value)) {
      for (const each of value) visit(each, said)
      return
    }
    if (!isNode(value)) return
    const { type } = value
    if (said) {
      const sentence = sentenceOf(value)
      if (sentence !== undefined && /[a-z]{2,} [a-z{]/.test(sentence)) found.push(sentence)
      if (sentence !== undefined && type === 'BinaryExpression') return
    }
    const name =
      type === 'CallExpression' || type === 'NewExpression'
        ? nameOf(value['callee'])
        : type === 'Property'
          ? nameOf(value['key'])
          : undefined
    const inside = name === undefined ? said : names.has(String(name))
    for (const part of Object.values(value)) visit(part, inside)
  }
  visit(parseAst(read(file), { lang: 'ts' }), false)
  return [...new Set(found)]
}
