// The editor of configuration texts: CodeMirror with line numbers, XML's colours, and the message of what is wrong at its line.
// A chunk of its own, loaded when a text is first shown. Tab leaves it, as it leaves every field.
// Invariant: a text set from outside is one step of undo like what is typed, and tells nobody of a change.
// Runs in: manager and domain windows.

import { defaultKeymap, history, historyKeymap } from '@codemirror/commands'
import { xmlLanguage } from '@codemirror/lang-xml'
import { HighlightStyle, syntaxHighlighting } from '@codemirror/language'
import { Annotation, Compartment, EditorState, StateEffect, StateField, type Text } from '@codemirror/state'
import {
  Decoration,
  type DecorationSet,
  EditorView,
  highlightActiveLine,
  highlightActiveLineGutter,
  keymap,
  lineNumbers,
  WidgetType,
} from '@codemirror/view'
import { tags } from '@lezer/highlight'

/** What is wrong, for people, at a line; the first is 1. */
export interface WrongLine {
  readonly line: number
  readonly words: string
}

export interface EditorParts {
  readonly label: string
  readonly text: string
  readonly editable: boolean
  /** Told of what is typed. */
  onChange(text: string): void
}

export interface XmlEditor {
  setText(text: string): void
  setEditable(editable: boolean): void
  /** Null: nothing is known to be wrong. */
  setWrong(wrong: WrongLine | null): void
  /** The cursor and the keyboard go there. */
  goTo(line: number): void
  dispose(): void
}

const colours = HighlightStyle.define([
  { tag: tags.tagName, color: 'var(--accent)', fontWeight: '600' },
  { tag: [tags.angleBracket, tags.definitionOperator], color: 'var(--text-muted)' },
  { tag: tags.attributeName, color: 'var(--chart-network)' },
  { tag: tags.attributeValue, color: 'var(--ok)' },
  { tag: [tags.comment, tags.blockComment], color: 'var(--text-muted)', fontStyle: 'italic' },
  { tag: [tags.character, tags.processingInstruction, tags.documentMeta], color: 'var(--warn)' },
  { tag: tags.invalid, color: 'var(--bad)' },
])

const looks = EditorView.theme({
  '&': { height: '100%', color: 'var(--text)', backgroundColor: 'var(--surface)' },
  '&.cm-focused': { outline: 'none' },
  '.cm-scroller': { fontFamily: 'var(--font-mono)', fontSize: '12px', lineHeight: '1.5' },
  '.cm-content': { caretColor: 'var(--text)', padding: '6px 0' },
  '.cm-gutters': { color: 'var(--text-muted)', backgroundColor: 'var(--sunken)', borderRight: '1px solid var(--line)' },
  '.cm-activeLine, .cm-activeLineGutter': { backgroundColor: 'var(--hover)' },
  '.cm-line.config-wrong': { backgroundColor: 'var(--bad-surface)' },
  '.config-wrong-words': {
    padding: '2px 8px 3px',
    color: 'var(--bad)',
    backgroundColor: 'var(--bad-surface)',
    borderBottom: '1px solid var(--bad-line)',
    fontFamily: 'var(--font)',
    whiteSpace: 'pre-wrap',
  },
})

class WrongWords extends WidgetType {
  private readonly words: string

  constructor(words: string) {
    super()
    this.words = words
  }

  override eq(other: WrongWords): boolean {
    return other.words === this.words
  }

  override toDOM(): HTMLElement {
    const node = document.createElement('div')
    node.className = 'config-wrong-words'
    node.textContent = `▲ ${this.words}`
    // Said below the editor, where it is announced; here it would be read as part of the text.
    node.setAttribute('aria-hidden', 'true')
    return node
  }
}

const wrongSet = StateEffect.define<WrongLine | null>()

function marksOf(doc: Text, wrong: WrongLine | null): DecorationSet {
  if (wrong === null) return Decoration.none
  const { from, to } = doc.line(Math.max(1, Math.min(doc.lines, wrong.line)))
  return Decoration.set([
    Decoration.line({ class: 'config-wrong' }).range(from),
    Decoration.widget({ widget: new WrongWords(wrong.words), block: true, side: 1 }).range(to),
  ])
}

/** Moves with its line while the text around it changes, until it is said anew. */
const wrongField = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update: (marks, transaction) =>
    transaction.effects.reduce(
      (now, effect) => (effect.is(wrongSet) ? marksOf(transaction.newDoc, effect.value) : now),
      marks.map(transaction.changes),
    ),
  provide: (field) => EditorView.decorations.from(field),
})

const fromOutside = Annotation.define<true>()

export function openEditor(parent: HTMLElement, parts: EditorParts): XmlEditor {
  const writing = new Compartment()
  const may = (editable: boolean) => [EditorState.readOnly.of(!editable)]
  const view = new EditorView({
    parent,
    state: EditorState.create({
      doc: parts.text,
      extensions: [
        lineNumbers(),
        highlightActiveLine(),
        highlightActiveLineGutter(),
        history(),
        xmlLanguage,
        syntaxHighlighting(colours),
        wrongField,
        looks,
        writing.of(may(parts.editable)),
        keymap.of([...defaultKeymap, ...historyKeymap]),
        // The tabindex says what is so anyhow: some that look for what can be focused do not count editable elements.
        EditorView.contentAttributes.of({ 'aria-label': parts.label, tabindex: '0' }),
        EditorView.updateListener.of(({ docChanged, transactions, state }) => {
          const typed = transactions.some((each) => each.docChanged && each.annotation(fromOutside) === undefined)
          if (docChanged && typed) parts.onChange(state.doc.toString())
        }),
      ],
    }),
  })
  return {
    setText: (text) => {
      if (view.state.doc.toString() === text) return
      const changes = { from: 0, to: view.state.doc.length, insert: text }
      view.dispatch({ changes, annotations: fromOutside.of(true) })
    },
    setEditable: (editable) => view.dispatch({ effects: writing.reconfigure(may(editable)) }),
    setWrong: (wrong) => {
      view.dispatch({ effects: wrongSet.of(wrong) })
      view.contentDOM.setAttribute('aria-invalid', String(wrong !== null))
    },
    goTo: (line) => {
      const { from } = view.state.doc.line(Math.max(1, Math.min(view.state.doc.lines, line)))
      view.dispatch({ selection: { anchor: from }, effects: EditorView.scrollIntoView(from, { y: 'center' }) })
      view.focus()
    },
    dispose: () => view.destroy(),
  }
}
