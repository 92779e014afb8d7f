// Operating systems: names and ids both ways, what media call themselves, and libosinfo's own database as oracle where it is installed.
// Runs in: vitest, plain Node.

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { OS_NAMES, osId, osName, osOfLabel } from '../../../src-renderer/lib/os-table'

const DATABASE = '/usr/share/osinfo/os'

it('has an id for each name that is offered, and the name for that id', () => {
  const ids = OS_NAMES.map(osId)
  expect(new Set(ids).size).toBe(OS_NAMES.length)
  expect(ids.every((id) => id.startsWith('http://'))).toBe(true)
  expect(ids.map(osName)).toEqual(OS_NAMES)
})

it.each([
  ['Debian 12', 'http://debian.org/debian/12'],
  [' debian  9 ', 'http://debian.org/debian/9'],
  ['arch linux', 'http://archlinux.org/archlinux/rolling'],
  ['Ubuntu 24.04', 'http://ubuntu.com/ubuntu/24.04'],
  ['openSUSE Tumbleweed', 'http://opensuse.org/opensuse/tumbleweed'],
])('takes %j for %s', (typed, id) => {
  expect(osId(typed)).toBe(id)
})

it.each([
  ['', 'Debian', 'Debian12', 'Debian sid', 'Arch Linux 3', 'My own system', 'http://debian.org/debian/12', 'http://x.org/y/1'],
])('keeps what it does not know', (...texts) => {
  expect(texts.map(osId)).toEqual(texts)
})

it.each([
  'http://debian.org/debian/sid',
  'http://microsoft.com/win/11',
  'http://archlinux.org/archlinux/rolling/2',
  'http://debian.org/debian/12/x',
  'ours',
])('shows the unknown id %s as it stands', (id) => {
  expect(osName(id)).toBe(id)
})

it.each([
  ['Debian 12.8.0 amd64 n', 'Debian 12'],
  ['Debian 12.8', 'Debian 12'],
  ['Ubuntu-Server 24.04.1 LTS amd64', 'Ubuntu 24.04'],
  ['Ubuntu 22.04.5 LTS amd64', 'Ubuntu 22.04'],
  ['Fedora-S-dvd-x86_64-40', 'Fedora Linux 40'],
  ['Fedora-WS-Live-41-1-4', 'Fedora Linux 41'],
  ['Fedora 42', 'Fedora Linux 42'],
  ['alpine-virt 3.20.3 x86_64', 'Alpine Linux 3.20'],
  ['openSUSE-Leap-15.6-DVD-x86_64710', 'openSUSE Leap 15.6'],
  ['openSUSE-Tumbleweed-DVD-x86_6420', 'openSUSE Tumbleweed'],
  ['ARCH_202411', 'Arch Linux'],
  ['Rocky-9-4-x86_64-dvd', 'Rocky Linux 9'],
  ['Rocky Linux 9.4', 'Rocky Linux 9'],
  ['AlmaLinux-9-4-x86_64-dvd', 'AlmaLinux 9'],
  ['CentOS-Stream-9-BaseOS-x86_64', 'CentOS Stream 9'],
  ['', ''],
  ['UNKNOWN', ''],
  ['Debian', ''],
  ['Debian testing amd64 n', ''],
  ['CentOS 7 x86_64', ''],
  ['my Debian 12', ''],
  ['ARCHIVE_2024', ''],
])('reads the label %j as %j', (label, name) => {
  expect(osOfLabel(label)).toBe(name)
})

it.runIf(existsSync(DATABASE))('has ids and names that libosinfo’s database has', () => {
  const theirs = new Map<string, string>()
  for (const vendor of readdirSync(DATABASE)) {
    for (const file of readdirSync(join(DATABASE, vendor)).filter((each) => each.endsWith('.xml'))) {
      const text = readFileSync(join(DATABASE, vendor, file), 'utf8')
      const [, id, name] = /<os id="([^"]+)">[\s\S]*?<name>([^<]+)</.exec(text) ?? []
      if (id !== undefined && name !== undefined) theirs.set(id, name)
    }
  }
  // It adds which release is supported longer, and called Fedora by that word alone once; an older one lacks what came later.
  const known = OS_NAMES.filter((name) => theirs.has(osId(name)))
  expect(known.length).toBeGreaterThan(8)
  const plain = (name = ''): string => name.replace(/ LTS$/, '').replace(/^Fedora (?=\d)/, 'Fedora Linux ')
  expect(known.map((name) => plain(theirs.get(osId(name))))).toEqual(known)
})
