// The client every view uses, made over the preload script's bridge; tests put their own in its place.
// Invariant: a window without a client (opened in an ordinary browser) says so instead of failing later.
// Runs in: every window.

import { createContext, type ReactNode, useContext, useMemo } from 'react'
import { type Client, type ClientTransport, clientAt, makeClient } from '../../src-main/public/client'
import { fromWire } from '../../src-main/public/wire'

declare global {
  interface Window {
    readonly ringmasterBridge?: ClientTransport
    /** The client, for whoever tries a call by hand in the developer tools. */
    ringmaster?: Client
    /** Where a file dropped onto the window is; the preload script knows. */
    readonly ringmasterPathOf?: (file: File) => string
  }
}

export function clientOver(bridge: ClientTransport): Client {
  return makeClient({
    invoke: async (name, params) => fromWire(await bridge.invoke(name, params)),
    listen: (listener) => bridge.listen((name, payload) => listener(name, fromWire(payload))),
  })
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

/** The client whose calls, where they may say which connection they mean, mean this one; undefined: as they did. */
export function useClientAt(connection: string | undefined): Client {
  const client = useClient()
  return useMemo(() => (connection === undefined ? client : clientAt(client, connection)), [client, connection])
}

export function AtConnection(props: { readonly connection: string | undefined; readonly children: ReactNode }) {
  return <ClientProvider client={useClientAt(props.connection)}>{props.children}</ClientProvider>
}
