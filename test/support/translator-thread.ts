// The translator's thread as a domain's process starts it, for a test that holds the vcpu itself. Runs in: tests, on out/main.
import path from 'node:path'
import { Worker } from 'node:worker_threads'
import type { Writer } from '../../src-engine/jit/orders'
import { channelsTo, writerBeside } from '../../src-engine/jit/writer-beside'

const BUNDLE = path.join(process.env['RINGMASTER_ROOT'] ?? path.resolve(__dirname, '../..'), 'out/main/translator.cjs')

export class TranslatorThread {
  private readonly worker = new Worker(BUNDLE)

  constructor() {
    // A test waits for answers without coming back to its event loop, where it would hear of this.
    this.worker.on('error', (error) => process.stderr.write(`the translator's thread failed: ${error.stack}\n`))
  }

  writerFor(memory: WebAssembly.Memory, witnessed = false): Writer {
    return writerBeside(channelsTo(this.worker, memory, 0, witnessed))
  }

  async end(): Promise<void> {
    await this.worker.terminate()
  }
}
