// Entry point of domain 0's process: an Electron utility process, or a forked Node child (serialization: 'advanced').
// It lives until main is gone: whatever domains, windows or main send, it goes on. What we did wrong ourselves is told to main and
// ends the process; main starts a new one, which has everything from the journal and the domains' pumps.
// Runs in: domain 0.
import { backendRows } from '../backend/registry'
import { systemClock } from '../lib/clock'
import { Networks } from '../net/networks'
import { NodeHost } from '../net/node-host'
import { isParentPort, nodeProcessTransport, parentPortTransport } from '../public/protocol/port-transport'
import type { Transport } from '../public/protocol/transport'
import { Domain0 } from './domain0'
import { optimiseEarly } from './early-optimising'

function controlTransport(): Transport | undefined {
  // Only Electron gives a process a parentPort; Node's types do not know it.
  const port: unknown = Reflect.get(process, 'parentPort')
  if (isParentPort(port)) return parentPortTransport(port)
  return process.send ? nodeProcessTransport(process) : undefined
}

const control = controlTransport()
if (!control) {
  process.stderr.write('dom0 is started by Ringmaster, not by hand.\n')
  process.exit(2)
}

const END_TIMEOUT_MS = 5000

optimiseEarly()

const networks = new Networks(systemClock, new NodeHost())
const domain0 = new Domain0(control, systemClock, backendRows(networks), networks)

control.onClose(() => {
  // What guests wrote is in the images already; closing them waits for a slow disk at most so long.
  setTimeout(() => process.exit(0), END_TIMEOUT_MS)
  domain0.dispose().finally(() => process.exit(0))
})

process.on('uncaughtException', (error) => {
  domain0.log('error', `domain 0 failed: ${error.stack ?? error.message}`)
  // Long enough for the line to leave; the journal is written already.
  setTimeout(() => process.exit(70), 100)
})
process.on('unhandledRejection', (reason) => {
  domain0.log('error', `domain 0 failed: ${reason instanceof Error ? reason.stack : String(reason)}`)
  setTimeout(() => process.exit(70), 100)
})
