// What the system said, in its own plain words: "address already in use", where Node says "listen EADDRINUSE: address already in use
// 127.0.0.1:5901" of a server and "bind EADDRINUSE 127.0.0.1:53" of a datagram socket. The catalogue has German for these words.
// Runs in: Node.

import { getSystemErrorMap } from 'node:util'

export function systemWords(error: Error): string {
  const number = 'errno' in error && typeof error.errno === 'number' ? error.errno : 0
  return getSystemErrorMap().get(number)?.[1] ?? error.message
}
