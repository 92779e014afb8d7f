// Entry point of the headless runner: `npm run -s guest -- ...` (guest-options.ts has its words). Runs one domain in plain Node
// with the same processes and threads as the app: this process plays main, domain 0 and the domain are its children.
// Invariant: it ends only by one of EXIT, and no child outlives it.
// Runs in: the runner's process.
import { parseGuestOptions, USAGE } from './guest-options'
import { GUEST_EXIT, GuestRunner } from './guest-runner'

if (['--help', '-h'].includes(process.argv[2] ?? '')) {
  process.stdout.write(`${USAGE}\n`)
  process.exit(0)
}

const options = parseGuestOptions(process.argv.slice(2), process.env['INIT_CWD'] ?? process.cwd())
if (!options.ok) {
  process.stderr.write(`guest: ${options.error}\n${process.argv.length <= 2 ? `${USAGE}\n` : ''}`)
  process.exit(GUEST_EXIT.BAD_ARGUMENTS)
}

const runner = new GuestRunner(options.value)
for (const [signal, number] of [
  ['SIGINT', 2],
  ['SIGTERM', 15],
  ['SIGHUP', 1],
] as const) {
  process.on(signal, () => {
    runner.kill()
    process.exit(128 + number)
  })
}
process.on('exit', () => runner.kill())
process.stdout.on('error', () => {
  // Whoever read our output is gone.
  runner.kill()
  process.exit(128 + 13)
})

runner.run().then((status) => {
  // What was written to a pipe leaves before the process does.
  process.stdout.write('', () => process.exit(status))
})
