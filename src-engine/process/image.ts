// Entry point of the image process: an Electron utility process, or a forked Node child. See protocol/image-control.ts.
// It lives until main ends it or is gone; what it was making is then removed by whoever finds it, or never had its name.
// Runs in: the image process.
import { isParentPort, nodeProcessTransport, parentPortTransport } from '../public/protocol/port-transport'
import type { Transport } from '../public/protocol/transport'
import { ImageProcess } from './image-process'

function controlTransport(): Transport | undefined {
  // Only Electron gives a process a parentPort; Node's types do not know it.
  const port: unknown = Reflect.get(process, 'parentPort')
  if (isParentPort(port)) return parentPortTransport(port)
  return process.send ? nodeProcessTransport(process) : undefined
}

const END_TIMEOUT_MS = 2000

const control = controlTransport()
if (!control) {
  process.stderr.write('The image process is started by Ringmaster, not by hand.\n')
  process.exit(2)
}

const images = new ImageProcess(control)

// Main is gone: a job gets a moment to remove its part of a file.
control.onClose(() => {
  setTimeout(() => process.exit(0), END_TIMEOUT_MS)
  images.dispose().finally(() => process.exit(0))
})
