// XenStore as a tree: what it holds about this domain (all of it for domain 0). Read only; asked for when the page is shown and
// when Refresh is pressed. Invariant: refreshing keeps what is open and what is chosen. Runs in: domain window.

import { useQuery } from '@tanstack/react-query'
import { useMemo, useState } from 'react'
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
import type { DomainInfo } from '../../../src-main/public/types'
import { useClient } from '../../client/Client'
import { errorText } from '../../client/error-text'
import { callQuery, reportOf } from '../../client/queries'
import { Button } from '../../components/Button'
import { Icon } from '../../components/Icon'
import { useWords } from '../../components/Language'
import { countNodes, filterStore, parseStore, pathsOf, type StoreNode } from '../../lib/store-tree'

export function StorePage(props: { readonly domain: DomainInfo }) {
  const { domain } = props
  const { t } = useWords()
  const client = useClient()
  const [filter, setFilter] = useState('')
  const [closed, setClosed] = useState<ReadonlySet<string>>(new Set())
  const query = useQuery({ ...callQuery(client, 'storeDump', { uuid: domain.uuid }), staleTime: 0, gcTime: 0 })
  const all = useMemo(() => parseStore(query.data?.text ?? ''), [query.data])
  const shown = useMemo(() => filterStore(all, filter), [all, filter])
  const paths = useMemo(() => pathsOf(shown), [shown])
  const open = filter === '' ? paths.filter((path) => !closed.has(path)) : paths
  const error = query.error === null ? null : errorText(reportOf(query.error), t.language)
  return (
    <div className="store">
      <div className="store-head">
        <SearchField className="filter" aria-label={t('store.filter')} value={filter} onChange={setFilter}>
          <Icon name="search" />
          <Input className="input" placeholder={t('store.filter')} />
        </SearchField>
        <Button icon="refresh" onPress={() => void query.refetch()} disabled={query.isFetching}>
          {t('store.refresh')}
        </Button>
        <span className="fill" />
        <span className="muted">{t.count('store.nodes', countNodes(shown))}</span>
      </div>
      <Virtualizer layout={ListLayout} layoutOptions={{ rowHeight: 24 }}>
        <Tree
          className="store-tree"
          aria-label={t('store.label', { name: domain.name })}
          selectionMode="single"
          selectionBehavior="replace"
          items={shown}
          expandedKeys={open}
          onExpandedChange={(keys) => setClosed(new Set(paths.filter((path) => !keys.has(path))))}
          renderEmptyState={() => (
            <p className="store-empty">
              {error !== null ? error.cause : query.isFetching ? '' : t(filter === '' ? 'store.empty' : 'store.none')}
            </p>
          )}
        >
          {(node) => <Node node={node} />}
        </Tree>
      </Virtualizer>
    </div>
  )
}

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
