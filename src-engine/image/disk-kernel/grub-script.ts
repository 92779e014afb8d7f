// GRUB 2's script language, read into commands and blocks (GRUB manual, "Shell-like scripting"): what grub-mkconfig writes, and what
// people put beside it. Variables stay in the words until they are run.
// Invariant: reading goes forward only; what is nested deeper than DEPTH_MOST or not closed ends there. Runs in: the image process.

/** Parts of a word, `text` as it stands or the value of a variable. */
export type WordPart = { readonly text: string } | { readonly variable: string }
/** `bare`: without quotes, so that it is several words, or none, when its variables say so. */
export interface Word {
  readonly parts: readonly WordPart[]
  readonly bare: boolean
}

export type Statement =
  | { readonly kind: 'command'; readonly words: readonly Word[]; readonly body: readonly Statement[] | undefined }
  | { readonly kind: 'if'; readonly branches: readonly Branch[] }
  /** Never run: a function, a loop. */
  | { readonly kind: 'skipped' }

export interface Branch {
  readonly condition: readonly Statement[]
  readonly run: readonly Statement[]
}

type Token = { readonly kind: 'word'; readonly word: Word } | { readonly kind: 'end' } | { readonly kind: 'and' | 'or' }

const DEPTH_MOST = 32
const NAME = /^(?:[A-Za-z_][\w]*|[?*@#0-9])/
/** Longer names are none. */
const NAME_MOST = 128

export function parseGrubScript(text: string): readonly Statement[] {
  return new Parser(tokens(text)).statements([], 0)
}

/** The words of one line, as in an entry's `options`. */
export function parseGrubWords(text: string): readonly Word[] {
  return tokens(text.replaceAll('\n', ' ')).flatMap((token) => (token.kind === 'word' ? [token.word] : []))
}

function tokens(text: string): Token[] {
  const found: Token[] = []
  let at = 0
  while (at < text.length) {
    const next = text.charAt(at)
    if (next === '\n' || next === ';') {
      found.push({ kind: 'end' })
      at++
    } else if (next === '#') {
      const end = text.indexOf('\n', at)
      at = end < 0 ? text.length : end
    } else if (next === '&' || next === '|') {
      const isDouble = text.charAt(at + 1) === next
      found.push(isDouble ? { kind: next === '&' ? 'and' : 'or' } : { kind: 'end' })
      at += isDouble ? 2 : 1
    } else if (/\s/.test(next)) at++
    else if (next === '\\' && text.charAt(at + 1) === '\n') at += 2
    else {
      const read = readWord(text, at)
      found.push({ kind: 'word', word: read.word })
      at = read.end
    }
  }
  return found
}

function readWord(text: string, start: number): { word: Word; end: number } {
  const parts: WordPart[] = []
  let plain = ''
  let bare = true
  let at = start
  let quote = ''
  const flush = (): void => {
    if (plain !== '') parts.push({ text: plain })
    plain = ''
  }
  for (; at < text.length; at++) {
    const next = text.charAt(at)
    if (quote === '' && /[\s;&|]/.test(next)) break
    if (quote === "'") {
      if (next === "'") quote = ''
      else plain += next
    } else if (next === quote) quote = ''
    else if (quote === '' && (next === "'" || next === '"')) {
      quote = next
      bare = false
    } else if (next === '\\') {
      const after = text.charAt(++at)
      // Within quotes it takes away the meaning of these only.
      if (after !== '\n') plain += quote === '"' && !/["\\$]/.test(after) ? `\\${after}` : after
    } else if (next === '$') {
      const name = variableAt(text, at + 1)
      if (name === undefined) plain += next
      else {
        flush()
        parts.push({ variable: name.name })
        at = name.end - 1
      }
    } else plain += next
  }
  flush()
  return { word: { parts, bare }, end: at }
}

function variableAt(text: string, at: number): { name: string; end: number } | undefined {
  if (text.charAt(at) === '{') {
    const name = NAME.exec(text.slice(at + 1, at + 1 + NAME_MOST))?.[0]
    const end = at + 1 + (name?.length ?? 0)
    return name !== undefined && text.charAt(end) === '}' ? { name, end: end + 1 } : undefined
  }
  const name = NAME.exec(text.slice(at, at + NAME_MOST))?.[0]
  return name === undefined ? undefined : { name, end: at + name.length }
}

/** The word as it stands, when it is bare and has no variables: as the words of the language are. */
export function literal(word: Word | undefined): string | undefined {
  if (word === undefined || !word.bare) return undefined
  const [only, more] = word.parts
  return only !== undefined && more === undefined && 'text' in only ? only.text : undefined
}

class Parser {
  private readonly tokens: readonly Token[]
  private at = 0

  constructor(found: readonly Token[]) {
    this.tokens = found
  }

  /** Up to one of these words, which is left to the caller. */
  statements(until: readonly string[], depth: number): Statement[] {
    const found: Statement[] = []
    while (this.at < this.tokens.length) {
      const word = this.keyword()
      if (word !== undefined && until.includes(word)) break
      const token = this.tokens[this.at]
      if (token?.kind !== 'word') {
        this.at++
        continue
      }
      if (depth > DEPTH_MOST) this.at = this.tokens.length
      else if (word === 'if') found.push(this.conditional(depth + 1))
      else if (word === 'function') found.push(this.functionBody(depth + 1))
      else if (word === 'for' || word === 'while' || word === 'until') {
        this.at++
        this.statements(['done'], depth + 1)
        this.at++
        found.push({ kind: 'skipped' })
      } else found.push(this.command(depth + 1))
    }
    return found
  }

  private keyword(): string | undefined {
    const token = this.tokens[this.at]
    return token?.kind === 'word' ? literal(token.word) : undefined
  }

  private conditional(depth: number): Statement {
    const branches: Branch[] = []
    for (let word = this.keyword(); word === 'if' || word === 'elif'; word = this.keyword()) {
      this.at++
      const condition = this.statements(['then', 'fi'], depth)
      if (this.keyword() === 'then') this.at++
      branches.push({ condition, run: this.statements(['elif', 'else', 'fi'], depth) })
    }
    if (this.keyword() === 'else') {
      this.at++
      branches.push({ condition: [], run: this.statements(['fi'], depth) })
    }
    if (this.keyword() === 'fi') this.at++
    return { kind: 'if', branches }
  }

  private functionBody(depth: number): Statement {
    this.at += 2
    while (this.tokens[this.at]?.kind === 'end') this.at++
    if (this.keyword() === '{') {
      this.at++
      this.statements(['}'], depth)
      this.at++
    }
    return { kind: 'skipped' }
  }

  /** Up to the end of its line; a block in braces may stand last. */
  private command(depth: number): Statement {
    const words: Word[] = []
    let body: readonly Statement[] | undefined
    for (; this.at < this.tokens.length; this.at++) {
      const token = this.tokens[this.at]
      if (token?.kind !== 'word') break
      const word = literal(token.word)
      if (word === '}') break
      if (word !== '{') {
        words.push(token.word)
        continue
      }
      this.at++
      body = this.statements(['}'], depth)
      this.at++
      break
    }
    if (words.length === 0 && body === undefined) this.at++
    return { kind: 'command', words, body }
  }
}
