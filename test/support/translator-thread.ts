// The translator's thread as a domain's process starts it, for a test that holds the vcpu itself. Runs in: tests, on out/main.
import path from 'node:path'
import { MessageChannel, Worker } from 'node:worker_threads'
import type { Writer } from '../../src-engine/jit/orders'
import { WriterBeside, type WriterInput } from '../../src-engine/jit/writer-beside'

const BUNDLE = path.join(process.env['RINGMASTER_ROOT'] ?? path.resolve(__dirname, '../..'), 'out/main/translator.cjs')

export class TranslatorThread {
  private readonly worker = new Worker(BUNDLE)

  constructor() {
    // A test waits for answers without coming back to its event loop, where it would hear of this.
    this.worker.on('error', (error) => process.stderr.write(`the translator's thread failed: ${error.stack}\n`))
  }

  writerFor(memory: WebAssembly.Memory, witnessed = false): Writer {
    const { port1, port2 } = new MessageChannel()
    const answers = new Int32Array(new SharedArrayBuffer(4))
    const input: WriterInput = { memory, vcpu: 0, port: port2, answers, witnessed }
    this.worker.postMessage(input, [port2])
    return new WriterBeside({ port: port1, answers })
  }

  async end(): Promise<void> {
    await this.worker.terminate()
  }
}
