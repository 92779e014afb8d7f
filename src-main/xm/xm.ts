// xm: the command line. `npm run -s xm -- list`, or ringmaster-xm where the package is installed.
// Runs in: plain Node, or the packed app's Electron run as Node.
import { tmpdir } from 'node:os'
import { socketPlace } from '../public/xm-socket'
import { runProgram } from './program'

process.stdout.on('error', () => process.exit(1)) // `xm list | head`
runProgram(process.argv.slice(2), {
  place: socketPlace(process.env, tmpdir(), process.getuid?.() ?? 0),
  out: (text) => process.stdout.write(`${text}\n`),
  err: (text) => process.stderr.write(`${text}\n`),
  now: Date.now,
  folder: process.cwd(),
  stdin: process.stdin,
  stdout: process.stdout,
}).then(
  (code) => {
    process.exitCode = code
  },
  (thrown: unknown) => {
    console.error(thrown)
    process.exitCode = 1
  },
)
