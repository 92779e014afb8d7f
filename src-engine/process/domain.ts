// Entry point of a domain's process: an Electron utility process, or a forked Node child (serialization: 'advanced').
// It lives until main destroys the domain or is gone. What we did wrong ourselves is told to main and ends the process: main
// shows the domain as crashed, nothing else suffers.
// Runs in: main thread of the domain's process.
import { isParentPort, nodeProcessTransport, parentPortTransport } from '../public/protocol/port-transport'
import type { Transport } from '../public/protocol/transport'
import { DomainProcess } from './domain-process'

function controlTransport(): Transport | undefined {
  // Only Electron gives a process a parentPort; Node's types do not know it.
  const port: unknown = Reflect.get(process, 'parentPort')
  if (isParentPort(port)) return parentPortTransport(port)
  return process.send ? nodeProcessTransport(process) : undefined
}

const FAILED = 70
const END_TIMEOUT_MS = 2000

const control = controlTransport()
if (!control) {
  process.stderr.write('A domain is started by Ringmaster, not by hand.\n')
  process.exit(2)
}

// A short while after destroy, so that its reply leaves.
const domain = new DomainProcess(control, () => setTimeout(() => process.exit(0), 20))

// Main is gone. The vcpus stop at once; a save that goes on gets a moment to remove its part of a file.
control.onClose(() => {
  setTimeout(() => process.exit(0), END_TIMEOUT_MS)
  domain.dispose().finally(() => process.exit(0))
})

function failed(text: string): void {
  domain.log('error', `the domain's process failed: ${text}`)
  setTimeout(() => process.exit(FAILED), 100)
}
process.on('uncaughtException', (error) => failed(error.stack ?? error.message))
process.on('unhandledRejection', (reason) =>
  failed(reason instanceof Error ? (reason.stack ?? reason.message) : String(reason)),
)
