// A configuration text in its editor, which is loaded when the first is shown. Runs in: manager and domain windows.

import { type Ref, useEffect, useImperativeHandle, useRef, useState } from 'react'
import type { WrongLine, XmlEditor } from './xml-editor'
import './definition.css'

export interface EditorHandle {
  goTo(line: number): void
}

export function ConfigEditor(props: {
  readonly label: string
  readonly text: string
  readonly editable: boolean
  readonly wrong: WrongLine | null
  readonly onChange: (text: string) => void
  readonly handle?: Ref<EditorHandle>
}) {
  const { label, text, editable, wrong } = props
  const box = useRef<HTMLDivElement>(null)
  const now = useRef(props)
  now.current = props
  const [editor, setEditor] = useState<XmlEditor | null>(null)

  useEffect(() => {
    let gone = false
    let made: XmlEditor | undefined
    void import('./xml-editor').then(({ openEditor }) => {
      if (gone || box.current === null) return
      const { text: first, editable: may } = now.current
      made = openEditor(box.current, { label, text: first, editable: may, onChange: (typed) => now.current.onChange(typed) })
      setEditor(made)
    })
    return () => {
      gone = true
      made?.dispose()
      setEditor(null)
    }
  }, [label])

  useEffect(() => editor?.setText(text), [editor, text])
  useEffect(() => editor?.setEditable(editable), [editor, editable])
  useEffect(() => editor?.setWrong(wrong), [editor, wrong])
  useImperativeHandle(props.handle, () => ({ goTo: (line) => editor?.goTo(line) }), [editor])
  return <div ref={box} className="config-editor" />
}
