// `xm vncviewer`: starts a VNC viewer on a domain's screen, as xl does. Which one is the system's business: `vncviewer` of the PATH.
// Runs in: command line, plain Node.
import { spawn } from 'node:child_process'
import { type Context, Failure, findGuest } from './context'

/** Ends when the viewer does. */
export async function vncViewer(context: Context, word: string): Promise<void> {
  const { name, vncAt, domid } = await findGuest(context, word)
  if (domid === null) throw new Failure(`${name} is not running`)
  if (vncAt === null) {
    throw new Failure(
      `${name} lets no VNC viewers in: allow them under Details > Screen, or write vfb = ['vnc=1'] in its xl.cfg.`,
    )
  }
  // An address is host::port, as host:number would be a display; a socket is a path.
  const place = vncAt.startsWith('/') ? vncAt : vncAt.replace(/:(\d+)$/, '::$1')
  const ended = await new Promise<number | NodeJS.ErrnoException>((resolve) => {
    const viewer = spawn('vncviewer', [place], { stdio: 'inherit' })
    viewer.once('error', resolve)
    viewer.once('exit', (code) => resolve(code ?? 1))
  })
  if (typeof ended !== 'number')
    throw new Failure(`vncviewer cannot be started (${ended.code ?? ended.message}): install one, or open ${place}.`)
  if (ended !== 0) throw new Failure(`vncviewer ended with code ${ended}.`)
}
