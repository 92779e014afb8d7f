// The store of a window: holds the state, applies actions, lets components read parts of it.
// Invariant: a component is drawn again only when the part it selects changed.
// Runs in: every window.

import { createContext, type ReactNode, useContext } from 'react'
import { useStore } from 'zustand'
import { createStore, type StoreApi } from 'zustand/vanilla'
import type { ErrorReport } from '../../src-main/public/error-code'
import type { Result } from '../../src-main/public/result'
import { type Action, type AppState, initialState, reduce } from './app-state'
import { LiveFigures } from './live-figures'
import { UndoSteps } from './undo'

export interface AppStore {
  readonly api: StoreApi<AppState>
  readonly dispatch: (action: Action) => void
  /** The list's figures, outside of the state: they change every second and no component draws them. */
  readonly live: LiveFigures
  readonly undo: UndoSteps
}

export function makeAppStore(): AppStore {
  const api = createStore<AppState>(() => initialState)
  return {
    api,
    dispatch: (action) => api.setState((state) => reduce(state, action), true),
    live: new LiveFigures(),
    undo: new UndoSteps(),
  }
}

/** Offers to undo what was done by a call, or by its opposite; what main refuses then is said. */
export function offerUndo(
  store: AppStore,
  label: string,
  back: () => Promise<Result<unknown, ErrorReport>>,
  about?: string,
): void {
  const undo = async (): Promise<void> => {
    const undone = await back()
    if (!undone.ok) store.dispatch({ kind: 'failed', error: undone.error })
  }
  store.undo.add(label, undo, about)
}

const StoreContext = createContext<AppStore | null>(null)

export function StoreProvider(props: { readonly store: AppStore; readonly children: ReactNode }) {
  return <StoreContext.Provider value={props.store}>{props.children}</StoreContext.Provider>
}

export function useAppStore(): AppStore {
  const store = useContext(StoreContext)
  if (store === null) throw new Error('no store: this view is outside a StoreProvider')
  return store
}

export function useAppState<T>(select: (state: AppState) => T): T {
  return useStore(useAppStore().api, select)
}
