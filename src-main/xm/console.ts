// The text console of a domain on this terminal: raw, every key goes to the guest but Ctrl+], which leaves.
// Invariant: the terminal is put back as it was, whatever ends it; output is acknowledged once it is written.
// Runs in: command line, plain Node.
import { CONSOLE_INPUT_LIMIT, CONSOLE_TO_WINDOW } from '../public/stream'
import { type Context, call, domidOf, findDomain } from './context'

/** Ctrl+] */
const LEAVE = 0x1d

/** Answers when the user has left, or the domain's console has ended. */
export async function attach(context: Context, word: string): Promise<void> {
  const domain = await findDomain(context, word)
  domidOf(domain)
  const { stdin, stdout, app } = context
  const { stream } = await call(context, 'consoleOpen', { uuid: domain.uuid, fromOffset: 0 })
  const raw = stdin.isTTY === true
  if (raw) context.err(`Connected to ${domain.name}; leave with Ctrl+].`)
  await new Promise<void>((resolve) => {
    const leave = (): void => {
      stdin.off('data', type)
      stdin.off('end', leave)
      if (raw) stdin.setRawMode?.(false)
      stdin.pause()
      end.close()
      if (raw) context.err('')
      resolve()
    }
    const type = (chunk: Buffer): void => {
      const at = chunk.indexOf(LEAVE)
      const typed = new Uint8Array(at < 0 ? chunk : chunk.subarray(0, at))
      for (let start = 0; start < typed.length; start += CONSOLE_INPUT_LIMIT) {
        end.send({ kind: 'input', bytes: typed.slice(start, start + CONSOLE_INPUT_LIMIT) })
      }
      if (at >= 0) leave()
    }
    const end = app.stream(stream, {
      onMessage(message) {
        if (CONSOLE_TO_WINDOW.output.is(message)) {
          const { offset, bytes } = message
          stdout.write(bytes, () => end.send({ kind: 'ack', offset: offset + bytes.length }))
        } else if (CONSOLE_TO_WINDOW.end.is(message)) leave()
      },
      onEnd: leave,
    })
    if (raw) stdin.setRawMode?.(true)
    stdin.on('data', type)
    stdin.on('end', leave)
    stdin.resume()
  })
}
