// The client every view uses, from the preload script; tests put their own in its place.
// Invariant: a window without a client (opened in an ordinary browser) says so instead of failing later.
// Runs in: every window.

import { createContext, type ReactNode, useContext } from 'react'
import type { Client } from '../../src-main/public/client'

declare global {
  interface Window {
    readonly ringmaster?: Client
    /** Where a file dropped onto the window is; the preload script knows. */
    readonly ringmasterPathOf?: (file: File) => string
  }
}

const ClientContext = createContext<Client | null>(null)

export function ClientProvider(props: { readonly client: Client; readonly children: ReactNode }) {
  return <ClientContext.Provider value={props.client}>{props.children}</ClientContext.Provider>
}

export function useClient(): Client {
  const client = useContext(ClientContext)
  if (client === null) throw new Error('no client: this view is outside a ClientProvider')
  return client
}
