// Debian's VNC viewers as programs of a test: one that takes a picture, and one with a window on a display of its own that is typed
// into. Both know the password. Runs in: vitest, plain Node, on Linux.
import { spawn } from 'node:child_process'
import { expect } from 'vitest'

/** What `pictureOfViewer` and `typeInViewer` start. */
export const VIEWER_PROGRAMS = ['gvnccapture', 'script', 'Xvfb', 'xdotool', 'xtigervncviewer'] as const

/** gvnccapture's picture as a PNG file. It asks for the password on a terminal, which `script` is. */
export async function pictureOfViewer(port: number, password: string, target: string): Promise<void> {
  const child = spawn('script', ['-qec', `gvnccapture -q 127.0.0.1:${port - 5900} '${target}'`, '/dev/null'], {
    stdio: ['pipe', 'ignore', 'inherit'],
    timeout: 60_000,
  })
  // It throws away what was typed before it had turned the echo off, which is after it asks.
  const typing = setInterval(() => child.stdin.write(`${password}\n`), 1000)
  child.stdin.on('error', () => {})
  const status = await new Promise<number | null>((resolve) => child.on('close', resolve))
  clearInterval(typing)
  expect(status).toBe(0)
}

/**
 * Types a line, with Enter, into TigerVNC's viewer, until it has arrived: a window may be there before it listens to keys, and begin to in
 * the middle of the line. So a part of the line must be a command of its own, without quotes or brackets that a shell would
 * wait for the end of: with one left open each further round would open another.
 */
export async function typeInViewer(
  port: number,
  password: string,
  line: string,
  arrived: () => Promise<boolean>,
): Promise<void> {
  // Without repeated keys (-r): on a busy machine one may be held for long.
  const server = spawn('Xvfb', ['-displayfd', '1', '-screen', '0', '1200x900x24', '-nolisten', 'tcp', '-r'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  let viewer: ReturnType<typeof spawn> | undefined
  try {
    const number = await new Promise<string>((resolve, reject) => {
      server.once('error', reject)
      server.stdout.once('data', (bytes: Buffer) => resolve(bytes.toString().trim()))
    })
    const env = { ...process.env, DISPLAY: `:${number}`, VNC_PASSWORD: password }
    viewer = spawn('xtigervncviewer', ['-Shared', `127.0.0.1::${port}`], { stdio: 'ignore', env })
    const tool = (...words: readonly string[]): Promise<number | null> =>
      new Promise((resolve) => spawn('xdotool', words, { stdio: 'ignore', env }).on('close', resolve))
    const round = async (): Promise<boolean> => {
      if ((await tool('search', '--onlyvisible', '--name', 'TigerVNC', 'windowfocus')) !== 0) return false
      await tool('mousemove', '300', '300', 'click', '1')
      await tool('type', '--delay', '40', line)
      // In a text it would be a Linefeed, on a key that xdotool invents.
      await tool('key', 'Return')
      for (let looks = 0; looks < 20; looks++) {
        if (await arrived()) return true
        await new Promise((resolve) => setTimeout(resolve, 250))
      }
      return false
    }
    await expect.poll(round, { timeout: 240_000, interval: 250 }).toBe(true)
  } finally {
    viewer?.kill()
    server.kill()
  }
}
