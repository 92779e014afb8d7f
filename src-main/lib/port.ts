// A two-way message port as the main process sees it, whoever carries it: an Electron port, a worker_threads port, a socket.
// Invariant: what is posted is plain data or exact Uint8Arrays; a message that cannot be cloned would close the port.
// Runs in: main, plain Node.

export interface Port {
  post(message: unknown): void
  /** One listener; messages that came before it are kept until it is set. */
  onMessage(listener: (message: unknown) => void): void
  onClose(listener: () => void): void
  close(): void
}

/** Makes two ends of one channel. Either may be handed to another process by whoever made it. */
export interface ChannelFactory {
  createChannel(): readonly [Port, Port]
}
