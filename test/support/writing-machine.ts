// A main process without windows around one guest that writes its disk: restores the guest from a save file, passes its console on to
// standard output, and does what standard input says: `replace` a domain 0 that was killed, `release` a guest that was.
// test/boot/killed-writes.test.ts forks it and kills it, or one of its processes. Runs in: plain Node.
import { createInterface } from 'node:readline'
import { RunningGuest, TestMachine } from './running-guest'

const [save = '', image = ''] = process.argv.slice(2)

async function main(): Promise<void> {
  const machine = new TestMachine()
  const guest = new RunningGuest(machine)
  let told = 0
  setInterval(() => {
    if (guest.console.length > told) process.stdout.write(guest.console.slice(told))
    told = guest.console.length
  }, 5)
  await guest.restore(save, 1, [{ kind: 'vbd', dev: 'xvda', path: image, format: 'qcow2', readonly: false, removable: false }])
  for await (const line of createInterface({ input: process.stdin })) {
    if (line === 'replace') await machine.replaceDom0()
    else if (line === 'release') await machine.dom0.call('release', { handle: guest.handle })
    else break
    process.stdout.write(`\nDID ${line}\n`)
  }
  await machine.dispose()
  process.exit(0)
}

main().catch((thrown: unknown) => {
  process.stdout.write(`\nFAILED ${thrown instanceof Error ? thrown.stack : String(thrown)}\n`)
  process.exit(1)
})
