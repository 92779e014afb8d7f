// Starts a window: reads from its address which view it is, loads that view's chunk and the preferences side by side,
// then draws once. Until then the skeleton of index.html stands.
// Invariant: nothing is drawn in a language or before data that the next frame would change.
// Runs in: every window.

import { type QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { Component, type ComponentType, lazy, type ReactNode, StrictMode, Suspense, useEffect } from 'react'
import { createRoot } from 'react-dom/client'
import type { Client } from '../src-main/public/client'
import type { Preferences } from '../src-main/public/preferences'
import { type WindowView, windowViews } from '../src-main/public/types'
import { AtConnection, ClientProvider, clientOver, useClient } from './client/Client'
import { makePortDesk, type PortDesk } from './client/port-desk'
import { callQuery, makeQueryClient } from './client/queries'
import { AnnouncerProvider } from './components/Announcer'
import { Button } from './components/Button'
import { LanguageProvider, useWords } from './components/Language'
import { DomainActionsProvider } from './features/domain-actions/DomainActions'
import { type Language, languageOf } from './lib/translate'
import { usePreferences } from './state/answers'
import { connect } from './state/connect'
import { type AppStore, makeAppStore, StoreProvider } from './state/store'
import './components/theme.css'
import './components/buttons.css'
import './components/popups.css'
import './components/fields.css'
import './components/windows.css'

const BackingQuestion = lazy(async () => ({
  default: (await import('./features/disks/BackingQuestion')).BackingQuestion,
}))
const CloneDialog = lazy(async () => ({ default: (await import('./features/clone/CloneDialog')).CloneDialog }))
const TakeDialog = lazy(async () => ({ default: (await import('./features/snapshots/SnapshotDialogs')).TakeDialog }))
const BranchDialog = lazy(async () => ({ default: (await import('./features/snapshots/SnapshotDialogs')).BranchDialog }))
const TemplateDialog = lazy(async () => ({ default: (await import('./features/template/TemplateDialog')).TemplateDialog }))

interface Address {
  readonly view: WindowView
  /** Of a domain, or of a connection where a window is about one. */
  readonly uuid: string
  /** Which of its pages it opens with; empty for the usual one. */
  readonly page: string
}

function readAddress(search: string): Address {
  const query = new URLSearchParams(search)
  const view = windowViews.find((each) => each === query.get('view')) ?? 'manager'
  return { view, uuid: query.get('uuid') ?? '', page: query.get('page') ?? '' }
}

/** A window about one connection, which its address names; the first that is there, when it names none. */
function there({ uuid }: Address, View: ComponentType): ComponentType {
  return () => (
    <AtConnection connection={uuid === '' ? undefined : uuid}>
      <View />
    </AtConnection>
  )
}

async function loadView(address: Address, desk: PortDesk): Promise<ComponentType> {
  switch (address.view) {
    case 'manager':
      return (await import('./views/manager/ManagerView')).ManagerView
    case 'domain': {
      const { DomainView } = await import('./views/domain/DomainView')
      return () => <DomainView uuid={address.uuid} desk={desk} page={address.page} />
    }
    case 'wall': {
      const { WallView } = await import('./views/wall/WallView')
      return () => <WallView desk={desk} />
    }
    case 'create-domain':
      return there(address, (await import('./views/create-domain/CreateDomainView')).CreateDomainView)
    case 'networks':
      return there(address, (await import('./views/networks/NetworksView')).NetworksView)
    case 'host': {
      const { HostView } = await import('./views/host/HostView')
      return there(address, () => <HostView page={address.page} />)
    }
    case 'preferences':
      return (await import('./views/preferences/PreferencesView')).PreferencesView
    case 'doctor': {
      const { DoctorView } = await import('./views/doctor/DoctorView')
      return () => <DoctorView page={address.page} />
    }
    case 'about':
      return (await import('./views/about/AboutView')).AboutView
  }
}

/** A fault in drawing leaves a sentence and a way on, not an empty window. */
class FaultBoundary extends Component<{ readonly children: ReactNode }, { readonly fault: string | null }> {
  override state = { fault: null }

  static getDerivedStateFromError(fault: unknown) {
    return { fault: fault instanceof Error ? fault.message : String(fault) }
  }

  override render() {
    return this.state.fault === null ? this.props.children : <Fault detail={this.state.fault} />
  }
}

function Fault(props: { readonly detail: string }) {
  const { t } = useWords()
  return (
    <div className="empty" style={{ height: '100%' }} role="alert">
      <p className="empty-text">{t('failure.broken')}</p>
      <p className="muted selectable">{props.detail}</p>
      <Button onPress={() => window.location.reload()}>{t('failure.reload')}</Button>
    </div>
  )
}

/** Light and dark come as prefers-color-scheme; high contrast is ours alone. */
function dress(theme: Preferences['theme']): void {
  document.documentElement.dataset['theme'] = theme === 'contrast' ? 'contrast' : ''
}

/** Tells main when what was drawn is on the screen: after the frame that the next but one follows. */
function useDrawn(): void {
  const client = useClient()
  useEffect(() => {
    requestAnimationFrame(() => requestAnimationFrame(() => void client.call('windowDrawn', {})))
  }, [client])
}

function App(props: { readonly view: ComponentType }) {
  useDrawn()
  const { theme, language: chosen } = usePreferences()
  useEffect(() => dress(theme), [theme])
  const language: Language = chosen === 'system' ? languageOf(navigator.language) : chosen
  const { view: View } = props
  return (
    <LanguageProvider language={language}>
      <FaultBoundary>
        <AnnouncerProvider>
          <DomainActionsProvider
            backingDialog={(error, onAnswer) => (
              <Suspense>
                <BackingQuestion error={error} onAnswer={onAnswer} />
              </Suspense>
            )}
            snapshotDialog={(action, domain, onClose) => (
              <Suspense>
                {action === 'snapshot' ? (
                  <TakeDialog domain={domain} onClose={onClose} />
                ) : (
                  <BranchDialog domain={domain} snapshot={null} onClose={onClose} />
                )}
              </Suspense>
            )}
            templateDialog={(domain, onClose) => (
              <Suspense>
                <TemplateDialog domain={domain} onClose={onClose} />
              </Suspense>
            )}
            cloneDialog={(domain, onClose) => (
              <Suspense>
                <CloneDialog domain={domain} snapshot={null} onClose={onClose} />
              </Suspense>
            )}
          >
            <View />
          </DomainActionsProvider>
        </AnnouncerProvider>
      </FaultBoundary>
    </LanguageProvider>
  )
}

/** A window that is being made may begin a few pixels wide on X11: what was drawn for that would jump. */
function sized(): Promise<void> {
  const smallest = 100
  if (window.innerWidth >= smallest) return Promise.resolve()
  return new Promise((resolve) => {
    const look = (): void => {
      if (window.innerWidth < smallest) return
      window.removeEventListener('resize', look)
      resolve()
    }
    window.addEventListener('resize', look)
  })
}

async function start(client: Client, store: AppStore, queries: QueryClient): Promise<void> {
  const address = readAddress(window.location.search)
  const desk = makePortDesk(window)
  const connected = connect({ client, store, queries }, { historyOf: address.view === 'domain' ? address.uuid : null })
  const preferences = queries.prefetchQuery(callQuery(client, 'preferencesGet', {}))
  const list =
    address.view === 'manager'
      ? [
          queries.prefetchQuery(callQuery(client, 'listLayoutGet', {})),
          queries.prefetchQuery(callQuery(client, 'metadataList', {})),
        ]
      : []
  const [view] = await Promise.all([loadView(address, desk), preferences, sized(), ...list])
  dress(queries.getQueryData(callQuery(client, 'preferencesGet', {}).queryKey)?.theme ?? 'system')
  // Lists come fast; waiting a moment for them saves a frame that would be drawn over at once.
  await Promise.race([connected, new Promise((resolve) => setTimeout(resolve, 400))])
  const root = document.getElementById('root')
  if (root === null) return
  createRoot(root).render(
    <StrictMode>
      <ClientProvider client={client}>
        <QueryClientProvider client={queries}>
          <StoreProvider store={store}>
            <App view={view} />
          </StoreProvider>
        </QueryClientProvider>
      </ClientProvider>
    </StrictMode>,
  )
}

const bridge = window.ringmasterBridge
if (bridge === undefined) document.body.textContent = 'Ringmaster: the preload script is missing.'
else {
  const client = clientOver(bridge)
  window.ringmaster = client
  void start(client, makeAppStore(), makeQueryClient())
}
