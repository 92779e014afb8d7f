// Where Debian's archive and Ubuntu's older ones have the network installer, from whichever level of the tree an address names, and the
// name of the release, which a file beside it tells. Runs in: the image process.

const NETBOOT = [
  'images/netboot/debian-installer/amd64/',
  'images/netboot/ubuntu-installer/amd64/',
  'legacy-images/netboot/ubuntu-installer/amd64/',
] as const
const INSTALLER = 'main/installer-amd64/current/'

/** Folders that have `linux` and `initrd.gz`, below the address of: a release, its installer, a mirror's top, the netboot files themselves. */
export const DEBIAN_FOLDERS: readonly string[] = [
  ...NETBOOT.map((folder) => `${INSTALLER}${folder}`),
  ...NETBOOT.map((folder) => `current/${folder}`),
  ...NETBOOT,
  'netboot/debian-installer/amd64/',
  'debian-installer/amd64/',
  'ubuntu-installer/amd64/',
  `dists/stable/${INSTALLER}${NETBOOT[0]}`,
]

/** The file that names the release an installer belongs to. */
export function releaseFileOf(kernel: URL): URL | undefined {
  const folder = /^(.*\/dists\/[^/]+\/)main\/installer-amd64\//.exec(kernel.pathname)?.[1]
  return folder === undefined ? undefined : new URL(`${folder}Release`, kernel)
}

/** As "Debian 12.8"; of a release without number its code name stands there. */
export function releaseTitle(text: string): string | undefined {
  const value = (key: string): string | undefined => new RegExp(`^${key}: ([\\w.+ -]{1,40})$`, 'm').exec(text)?.[1]?.trim()
  const origin = value('Origin')
  const which = value('Version') ?? value('Codename')
  return origin === undefined ? undefined : [origin, which].filter(Boolean).join(' ')
}
