// Tabs in a row. Where the row is too narrow for them and does not wrap, they scroll without a bar, and a menu behind them names each.
// Invariant: the chosen one is in sight, however it was chosen. Runs in: domain and wall windows, inside the library's Tabs.

import { useEffect, useRef, useState } from 'react'
import { Tab, TabList } from 'react-aria-components'
import { useWords } from './Language'
import { MenuButton } from './Menu'

export interface TabName<T extends string> {
  readonly id: T
  readonly name: string
}

export function TabStrip<T extends string>(props: {
  readonly label: string
  readonly tabs: readonly TabName<T>[]
  readonly chosen: T
  readonly onChoose: (id: T) => void
  /** By the pointer, also when it was chosen already: then nothing else tells. */
  readonly onClicked?: () => void
}) {
  const { tabs, chosen, onClicked } = props
  const { t } = useWords()
  const list = useRef<HTMLDivElement>(null)
  const [cut, setCut] = useState(false)
  const words = tabs.map(({ name }) => name).join('\n')
  // biome-ignore lint/correctness/useExhaustiveDependencies: other words are other widths, without the list's own changing
  useEffect(() => {
    const box = list.current
    if (box === null) return
    const look = () => {
      setCut(box.scrollWidth > box.clientWidth)
      box.querySelector('[role=tab][aria-selected=true]')?.scrollIntoView({ block: 'nearest', inline: 'nearest' })
    }
    const observer = new ResizeObserver(look)
    observer.observe(box)
    look()
    return () => observer.disconnect()
  }, [words, chosen])
  useEffect(() => {
    const box = list.current
    if (box === null || onClicked === undefined) return
    const note = ({ target, detail }: MouseEvent) => {
      // Keys make clicks too, of which none was pressed.
      if (detail > 0 && target instanceof Element && target.closest('[role=tab]') !== null) onClicked()
    }
    box.addEventListener('click', note)
    return () => box.removeEventListener('click', note)
  }, [onClicked])
  return (
    <div className="tab-strip">
      <TabList ref={list} className="tab-list" aria-label={props.label}>
        {tabs.map(({ id, name }) => (
          <Tab key={id} id={id} className="tab">
            {name}
          </Tab>
        ))}
      </TabList>
      {cut && (
        <MenuButton
          icon="down"
          label={t('tabs.all')}
          entries={tabs.map(({ id, name }) => ({ kind: 'action', id, label: name, on: id === chosen }))}
          onAction={(key) => {
            const tab = tabs.find(({ id }) => id === key)
            if (tab !== undefined) props.onChoose(tab.id)
          }}
        />
      )}
    </div>
  )
}
