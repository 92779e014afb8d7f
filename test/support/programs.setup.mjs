// Before any test: the programs of the system that tests compare with. As root on a Debian-like system what is missing is
// installed, all in one call; elsewhere the tests that need one are skipped and say which (programs.ts).
// Runs in: vitest's main process.
import { spawnSync } from 'node:child_process'
import { isRoot } from '../../resources/tooling/system.mjs'

/** Program → the Debian package it comes in. */
const PACKAGES = {
  gcc: 'gcc libc6-dev',
  ld: 'binutils',
  'qemu-system-x86_64': 'qemu-system-x86',
  'qemu-img': 'qemu-utils',
  xorriso: 'xorriso',
  iasl: 'acpica-tools',
  xz: 'xz-utils',
  lz4: 'lz4',
  zstd: 'zstd',
  busybox: 'busybox',
  cpio: 'cpio',
  mke2fs: 'e2fsprogs',
  sfdisk: 'fdisk',
  tshark: 'tshark',
  ip: 'iproute2',
  ping: 'iputils-ping',
  mmdebstrap: 'mmdebstrap',
  ethtool: 'ethtool',
  iperf3: 'iperf3',
  fio: 'fio',
  gvnccapture: 'gvncviewer',
  vncsnapshot: 'vncsnapshot',
  djpeg: 'libjpeg-turbo-progs',
  xtigervncviewer: 'tigervnc-viewer',
  xtightvncviewer: 'xtightvncviewer',
  xdotool: 'xdotool',
  script: 'bsdutils',
  setxkbmap: 'x11-xkb-utils',
  ckbcomp: 'console-setup',
  loadkeys: 'kbd',
}

const there = (program) => spawnSync('sh', ['-c', `command -v ${program}`], { stdio: 'ignore' }).status === 0

export default function setup() {
  if (!isRoot || !there('apt-get')) return
  const missing = Object.keys(PACKAGES).filter((program) => !there(program))
  if (missing.length === 0) return
  const packages = missing.flatMap((program) => PACKAGES[program].split(' '))
  process.stderr.write(`[test] installing ${packages.join(' ')}\n`)
  const apt = (...args) =>
    spawnSync('apt-get', ['-qq', ...args], {
      stdio: ['ignore', 'ignore', 2],
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    })
  const install = () => apt('install', '-y', '--no-install-recommends', ...packages).status === 0
  // The lists may be old or not there at all.
  if (!install() && !(apt('update').status === 0 && install()))
    process.stderr.write('[test] not all of them could be installed; the tests that need them are skipped\n')
}
