// Entry point of the translator's thread, one of a domain: writes what the translators of its vcpus order, while those run.
// Runs in: a worker of the domain's process.
import { setFlagsFromString } from 'node:v8'
import { parentPort } from 'node:worker_threads'
import type { WriterInput } from '../jit/writer-beside'

/**
 * With all functions of the writer compiled. V8 would else read each when it is first called, and the guest's first regions would take twice
 * as long; here the thread only waits for its domain to be built.
 */
async function begin(): Promise<void> {
  const inputs: WriterInput[] = []
  const early = (input: WriterInput): unknown => inputs.push(input)
  parentPort?.on('message', early)
  setFlagsFromString('--no-lazy')
  const { writeFor } = await import('../jit/write-for').finally(() => setFlagsFromString('--lazy'))
  parentPort?.off('message', early)
  parentPort?.on('message', writeFor)
  for (const input of inputs) writeFor(input)
}

begin().catch((error: unknown) => {
  // As an uncaught exception: the main thread hears of it by the worker's 'error' event.
  setImmediate(() => {
    throw error
  })
})
