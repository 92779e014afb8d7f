// virt-manager on libvirt's test driver, where both are installed from the distribution: as many domains as ours, all running.
// Window, idle processor time and memory; its list is not scrolled, because nothing outside of it can say when it has drawn.
// libvirt's test driver gives no traffic, so its graphs draw the processor alone: what it takes here is its least.
// Runs in: plain Node, Linux, on the display of the environment.
import { execFileSync, spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { cpuShare, processTree, pssMiB } from './processes'

export interface Neighbour {
  readonly windowSeconds: number
  readonly idleShare: number
  readonly pssMiB: number
}

function domainXml(index: number): string {
  const uuid = `7e570000-0000-4000-8000-${index.toString(16).padStart(12, '0')}`
  return `<domain type='test'><name>guest-${index}</name><uuid>${uuid}</uuid><memory>262144</memory><vcpu>1</vcpu><os><type>hvm</type></os></domain>`
}

export function hasVirtManager(): boolean {
  try {
    for (const program of ['virt-manager', 'dbus-run-session', 'xwininfo'])
      execFileSync('which', [program], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

function hasWindow(): boolean {
  const tree = execFileSync('xwininfo', ['-root', '-tree'], { encoding: 'utf8' })
  return /"Virtual Machine Manager".*\d{3,}x\d{3,}/.test(tree)
}

export async function runVirtManager(domains: number, folder: string, settleMs: number, idleMs: number): Promise<Neighbour> {
  const node = path.join(folder, 'node.xml')
  const all = Array.from({ length: domains }, (_, index) => domainXml(index))
  writeFileSync(node, `<node>${all.join('')}</node>`)
  const began = performance.now()
  const args = ['--', 'virt-manager', '--no-fork', '-c', `test://${node}`]
  const child = spawn('dbus-run-session', args, { stdio: 'ignore', detached: true, env: { ...process.env, HOME: folder } })
  try {
    while (!hasWindow()) {
      if (performance.now() - began > 60_000 || child.exitCode !== null) throw new Error('virt-manager opened no window')
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    const windowSeconds = (performance.now() - began) / 1000
    await new Promise((resolve) => setTimeout(resolve, settleMs))
    const idleShare = await cpuShare(child.pid ?? 0, idleMs)
    return { windowSeconds, idleShare, pssMiB: pssMiB(processTree(child.pid ?? 0)) }
  } finally {
    try {
      process.kill(-(child.pid ?? 0), 'SIGKILL')
    } catch {
      // gone already
    }
  }
}
