// A main process without windows that can be killed: opens the toolstack on a folder, makes the guests it is told to, says READY
// with their identifiers on standard output, and stays. test/boot/killed-main.test.ts forks it. Runs in: plain Node.
import { good, Supervised } from './supervised'

const [folder = '', kernel = ''] = process.argv.slice(2)

async function main(): Promise<void> {
  const machine = new Supervised(folder)
  await machine.open()
  const { domains, jobs } = machine.toolstack
  const running = await machine.start('running', kernel, 'pulse=20')
  const paused = await machine.start('paused', kernel, 'pulse=20')
  const saved = await machine.start('saved', kernel, 'pulse=20')
  const off = await machine.define('off', kernel, 'pulse=20')
  await machine.console(saved, (text) => text.includes('LINE 20 '))
  good(await jobs.wait(good(domains.managedSave(saved))))
  good(await domains.suspend(paused))
  await machine.console(running, (text) => text.includes('LINE 5 '))
  // One is being saved when the end comes, or the end comes just before or after.
  const saving = await machine.start('saving', kernel, 'pulse=20')
  process.stdout.write(`READY ${JSON.stringify({ running, paused, saved, off, saving })}\n`)
  domains.managedSave(saving)
}

main().catch((thrown: unknown) => {
  process.stdout.write(`FAILED ${String(thrown)}\n`)
  process.exit(1)
})
