// A list at the left of what is chosen in it: parts of a machine, networks, storage pools, revisions, pages.
// Invariant: an entry has the same height whatever it shows. Runs in: every window that has one.
import type { ReactNode } from 'react'
import { ListBox, ListBoxItem } from 'react-aria-components'
import { Icon, type IconName } from './Icon'
import { onlyKey } from './only-key'
import { steady } from './steady'
import './side-list.css'

interface SideListProps {
  readonly label: string
  /** The key of the entry; of none there is, nothing is chosen. */
  readonly chosen: string
  readonly onChoose: (key: string) => void
  /** `SideItem`s, or a `ListBoxItem` of the class `side-item`. */
  readonly children: ReactNode
}

export const SideList = steady((props: SideListProps) => {
  return (
    <ListBox
      className="side-list"
      data-home=""
      aria-label={props.label}
      selectionMode="single"
      selectionBehavior="replace"
      disallowEmptySelection
      selectedKeys={props.chosen === '' ? [] : [props.chosen]}
      onSelectionChange={onlyKey(props.onChoose)}
    >
      {props.children}
    </ListBox>
  )
})

export function SideItem(props: {
  readonly id: string
  readonly icon?: IconName
  readonly name: string
  /** A second line. */
  readonly note?: string
  /** What a screen reader says, if it is more than the name. */
  readonly spoken?: string
  /** At the right end. */
  readonly mark?: ReactNode
}) {
  const { id, icon, name, note, mark } = props
  return (
    <ListBoxItem id={id} textValue={props.spoken ?? name} className="side-item">
      {icon !== undefined && <Icon name={icon} />}
      <span className="side-words">
        <span className="side-name">{name}</span>
        {note !== undefined && <span className="side-note">{note}</span>}
      </span>
      {mark}
    </ListBoxItem>
  )
}
