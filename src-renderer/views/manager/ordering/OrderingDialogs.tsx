// Asks for a folder or for tags: a field, and what there is already to press instead of typing.
// Invariant: Escape changes nothing; what main would refuse is said beside the field before. Runs in: manager window.

import { useState } from 'react'
import { folderShape, type Metadata, TAGS_MOST, tagShape } from '../../../../src-main/public/list'
import { properName } from '../../../../src-main/public/name'
import type { DomainInfo } from '../../../../src-main/public/types'
import { Button } from '../../../components/Button'
import { Check } from '../../../components/Check'
import { Dialog } from '../../../components/Dialog'
import { TextField } from '../../../components/Field'
import { useWords } from '../../../components/Language'
import { foldersOf, type GroupRow } from '../list/rows'
import type { Ordering } from './ordering'
import { moveFolder } from './places'

interface DialogsProps {
  readonly ordering: Ordering
  readonly placeOf: (uuid: string) => Metadata
  readonly all: readonly DomainInfo[]
  readonly collator: Intl.Collator
}

interface PartProps extends DialogsProps {
  readonly domains: readonly DomainInfo[]
  readonly group: GroupRow | undefined
}

function Buttons(props: { readonly onCancel: () => void }) {
  const { t } = useWords()
  return (
    <>
      <Button onPress={props.onCancel}>{t('button.cancel')}</Button>
      <Button kind="primary" submit>
        {t('button.apply')}
      </Button>
    </>
  )
}

function FolderDialog(props: PartProps) {
  const { ordering, group, placeOf, all, collator } = props
  const { t } = useWords()
  const folderOf = (uuid: string) => placeOf(uuid).folder
  const there = group === undefined ? [...new Set(props.domains.map(({ uuid }) => folderOf(uuid)))] : [group.path]
  const [text, setText] = useState(there.length === 1 ? (there[0] ?? '') : '')
  const folder = properName(text).replace(/\s*\/\s*/g, '/')
  const places = group === undefined ? undefined : moveFolder(group, folder, all, folderOf)
  const domains = places === undefined ? props.domains : all.filter(({ uuid }) => places.has(uuid))
  const isRight = [folder, ...(places?.values() ?? [])].every((each) => folderShape.is(each))
  const wrong = isRight ? undefined : t('ordering.folder-wrong')
  const known = foldersOf(
    all.map(({ uuid }) => placeOf(uuid).folder),
    collator,
  )
  const submit = () => {
    if (wrong !== undefined) return
    ordering.answered()
    const moves = group && [{ connection: group.connection.connection, from: group.path, to: folder }]
    ordering.move(domains, folder, places, moves)
  }
  const subject = domains.length === 1 ? (domains[0]?.name ?? '') : t.number(domains.length)
  return (
    <Dialog
      title={
        group === undefined
          ? t('ordering.folder-title', { subject })
          : t('ordering.folder-rename-title', { folder: group.path })
      }
      onClose={ordering.answered}
      onSubmit={submit}
      buttons={<Buttons onCancel={ordering.answered} />}
    >
      <TextField
        label={t('ordering.folder')}
        value={text}
        onChange={setText}
        hint={t(group === undefined ? 'ordering.folder-hint' : 'ordering.folder-rename-hint')}
        error={wrong}
        autoFocus
      />
      {known.length > 0 && (
        <div className="known-names">
          {known.map((name) => (
            <Button key={name} icon="folder" kind={name === folder ? 'primary' : 'plain'} onPress={() => setText(name)}>
              {name}
            </Button>
          ))}
        </div>
      )}
    </Dialog>
  )
}

function TagsDialog(props: PartProps) {
  const { ordering, domains, placeOf, all, collator } = props
  const { t } = useWords()
  const [text, setText] = useState('')
  const [ticked, setTicked] = useState<Readonly<Record<string, boolean>>>({})
  const countOf = (tag: string) => domains.filter(({ uuid }) => placeOf(uuid).tags.includes(tag)).length
  const known = [...new Set(all.flatMap(({ uuid }) => placeOf(uuid).tags))].sort(collator.compare)
  const typed = text
    .split(',')
    .map(properName)
    .filter((tag) => tag !== '')
  const wrong = typed.every((tag) => tagShape.is(tag)) ? undefined : t('ordering.tags-wrong')
  const submit = () => {
    if (wrong !== undefined) return
    ordering.answered()
    ordering.changeTags(domains, (before) => {
      const kept = before.filter((tag) => ticked[tag] !== false)
      const added = [...Object.keys(ticked).filter((tag) => ticked[tag] === true), ...typed]
      return [...new Set([...kept, ...added])].slice(0, TAGS_MOST)
    })
  }
  const subject = domains.length === 1 ? (domains[0]?.name ?? '') : t.number(domains.length)
  return (
    <Dialog
      title={t('ordering.tags-title', { subject })}
      onClose={ordering.answered}
      onSubmit={submit}
      buttons={<Buttons onCancel={ordering.answered} />}
    >
      <TextField
        label={t('ordering.tags')}
        value={text}
        onChange={setText}
        hint={t('ordering.tags-hint')}
        error={wrong}
        autoFocus
      />
      {known.map((tag) => {
        const has = countOf(tag)
        const some = has > 0 && has < domains.length && ticked[tag] === undefined
        return (
          <Check
            key={tag}
            label={some ? t('ordering.tag-some', { tag, count: t.number(has) }) : tag}
            value={ticked[tag] ?? has === domains.length}
            onChange={(on) => setTicked((before) => ({ ...before, [tag]: on }))}
          />
        )
      })}
    </Dialog>
  )
}

export function OrderingDialogs(props: DialogsProps) {
  const { asked } = props.ordering
  if (asked === null) return null
  const Part = asked.what === 'folder' ? FolderDialog : TagsDialog
  return <Part {...props} domains={asked.domains} group={asked.group} />
}
