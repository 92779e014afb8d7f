// XenStore as a tree: what it holds about this domain (all of it for domain 0). It follows changes while it is looked at; a node can
// be written, after a warning. Invariant: a change keeps what is open and what is chosen. Runs in: domain window.

import { useDeferredValue, useMemo, useState } from 'react'
import {
  Button as AriaButton,
  Collection,
  Input,
  ListLayout,
  SearchField,
  Tree,
  TreeItem,
  TreeItemContent,
  Virtualizer,
} from 'react-aria-components'
import type { DomainInfo } from '../../../../src-main/public/types'
import { reportOf } from '../../../client/queries'
import { Button } from '../../../components/Button'
import { Icon } from '../../../components/Icon'
import { useWords } from '../../../components/Language'
import { onlyKey } from '../../../components/only-key'
import { steady } from '../../../components/steady'
import { countNodes, filterStore, findNode, parseStore, pathsOf, plainValue, type StoreNode } from '../../../lib/store-tree'
import { Refusal } from '../../../remedy/Refusal'
import { useXenStore } from '../use-xen-store'
import { EditNode } from './EditNode'

/** Where the backends of a guest are: some hundred lines before its own, and closed at first. */
const DOMAIN0_HOME = '/local/domain/0'

export function StorePage(props: { readonly domain: DomainInfo }) {
  const { domain } = props
  const { t } = useWords()
  const [filter, setFilter] = useState('')
  const [closed, setClosed] = useState<ReadonlySet<string>>(new Set(domain.kind === 'guest' ? [DOMAIN0_HOME] : []))
  const [chosen, setChosen] = useState<string | null>(null)
  const [editing, setEditing] = useState<{ path: string; value: string } | null>(null)
  const query = useXenStore(domain)
  const all = useMemo(() => parseStore(query.data?.text ?? ''), [query.data])
  // What is typed stands there at once; the tree, which may be long, follows.
  const sought = useDeferredValue(filter)
  const shown = useMemo(() => filterStore(all, sought), [all, sought])
  const paths = useMemo(() => pathsOf(shown), [shown])
  const open = useMemo(() => (sought === '' ? paths.filter((path) => !closed.has(path)) : paths), [paths, sought, closed])
  const error = query.error === null ? null : reportOf(query.error)
  return (
    <div className="store">
      <div className="store-head">
        <SearchField className="filter" aria-label={t('store.filter')} value={filter} onChange={setFilter}>
          <Icon name="search" />
          <Input className="input" placeholder={t('store.filter')} />
        </SearchField>
        <Button
          icon="pencil"
          disabled={chosen === null}
          onPress={() => {
            const node = chosen === null ? undefined : findNode(all, chosen)
            if (node !== undefined) setEditing({ path: node.path, value: plainValue(node.value) })
          }}
        >
          {t('store.edit')}
        </Button>
        <span className="muted">{t('store.live')}</span>
        <span className="fill" />
        <span className="muted">{t.count('store.nodes', countNodes(shown))}</span>
      </div>
      <Refusal error={error} onChange={() => void query.refetch()} />
      <StoreTree
        label={t('store.label', { name: domain.name })}
        nodes={shown}
        open={open}
        chosen={chosen}
        empty={error !== null || query.isPending ? '' : t(sought === '' ? 'store.empty' : 'store.none')}
        onOpen={(keys) => setClosed(new Set(paths.filter((path) => !keys.has(path))))}
        onChoose={setChosen}
      />
      {editing !== null && <EditNode uuid={domain.uuid} {...editing} onClose={() => setEditing(null)} />}
    </div>
  )
}

interface StoreTreeProps {
  readonly label: string
  readonly nodes: readonly StoreNode[]
  readonly open: readonly string[]
  readonly chosen: string | null
  /** Where there is no node. */
  readonly empty: string
  readonly onOpen: (keys: ReadonlySet<unknown>) => void
  readonly onChoose: (path: string) => void
}

const StoreTree = steady((props: StoreTreeProps) => (
  <Virtualizer layout={ListLayout} layoutOptions={{ rowHeight: 24 }}>
    <Tree
      className="store-tree"
      aria-label={props.label}
      selectionMode="single"
      selectionBehavior="replace"
      disallowEmptySelection
      selectedKeys={props.chosen === null ? [] : [props.chosen]}
      onSelectionChange={onlyKey(props.onChoose)}
      items={props.nodes}
      expandedKeys={props.open}
      onExpandedChange={props.onOpen}
      renderEmptyState={() => <p className="store-empty">{props.empty}</p>}
    >
      {(node) => <Node node={node} />}
    </Tree>
  </Virtualizer>
))

function Node(props: { readonly node: StoreNode }) {
  const { node } = props
  const { t } = useWords()
  return (
    <TreeItem id={node.path} textValue={`${node.name} ${node.value}`} className="store-row">
      <TreeItemContent>
        {({ hasChildItems, level }) => (
          <div className="store-line" style={{ paddingLeft: (level - 1) * 16 }}>
            {hasChildItems ? (
              <AriaButton slot="chevron" className="store-chevron" aria-label={t('store.toggle', { name: node.name })}>
                <Icon name="down" />
              </AriaButton>
            ) : (
              <span className="store-chevron" />
            )}
            <span className="store-name">{node.name}</span>
            {node.value !== '' && <span className="store-value">{node.value}</span>}
            <span className="store-permissions">{node.permissions}</span>
          </div>
        )}
      </TreeItemContent>
      <Collection items={node.children}>{(child) => <Node node={child} />}</Collection>
    </TreeItem>
  )
}
