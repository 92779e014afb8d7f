// Writes for the vcpus of a domain on a thread beside them (writer-beside.ts). Runs in: the translator's thread.
import { DeadModules } from './dead-modules'
import type { Answer, Order } from './orders'
import { RegionWriter } from './region-writer'
import type { WriterInput } from './writer-beside'

/** Carries out what a vcpu orders, for as long as the thread lives. */
export function writeFor({ memory, vcpu, port, answers, witnessed }: WriterInput): void {
  const writer = new RegionWriter(memory.buffer, vcpu, { witnessed })
  const dead = new DeadModules()
  const say = (answer: Answer): void => {
    port.postMessage(answer)
    Atomics.add(answers, 0, 1)
    if (!answer.module) return
    // a module dies when neither thread refers to it any more
    dead.oneMore()
    if (dead.isDue()) dead.collect()
  }
  port.on('message', (order: Order) => {
    // one that failed is an error of this thread, as an exception
    if (order.kind === 'traced') void writer.carryOutMeanwhile(order).then(say)
    else say(writer.carryOut(order))
  })
}
