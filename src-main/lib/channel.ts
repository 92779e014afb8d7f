// Channels between two processes or windows, whoever carries them. A port is opaque here: its maker and the one it is handed
// to know what it is (an Electron MessagePortMain, a worker_threads MessagePort); others only pass it on.
// Invariant: a port that was handed on is not used any more by the one who had it.
// Runs in: main, plain Node.
import type { Transport } from '../../src-engine/public/protocol/transport'

export type OpaquePort = unknown

export interface ChannelFactory {
  createChannel(): readonly [OpaquePort, OpaquePort]
  /** A place to connect to with a ticket, for a process that cannot be given a port; `port` is our end of it. */
  listen?(): Promise<{ readonly link: { readonly path: string; readonly ticket: string }; readonly port: OpaquePort }>
  /** Use one end here. */
  transport(port: OpaquePort): Transport
}
