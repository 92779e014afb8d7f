// How installers are made. The packed app is out/ alone: every dependency is bundled, there is no node_modules in it.
// Linux packs the Electron that run.mjs found (PACK_ELECTRON_*), so it works without a network; Windows and macOS let
// electron-builder fetch theirs. The deb target demands a homepage and an author with a mail address in package.json.
// Runs in: electron-builder.
const { rm } = require('node:fs/promises')
const path = require('node:path')

// What `ldd` says Electron needs; electron-builder's own list lacks libgbm1 and libasound2. Names before and after the
// 64-bit time transition of Debian 13.
const DEBIAN_PACKAGES = [
  'libasound2 | libasound2t64',
  'libatk-bridge2.0-0 | libatk-bridge2.0-0t64',
  'libatspi2.0-0 | libatspi2.0-0t64',
  'libcups2 | libcups2t64',
  'libdrm2',
  'libgbm1',
  'libgtk-3-0 | libgtk-3-0t64',
  'libnotify4',
  'libnss3',
  'libsecret-1-0',
  'libxkbcommon0',
  'libxss1',
  'libxtst6',
  'xdg-utils',
]

module.exports = {
  appId: 'org.ringmaster.app',
  productName: 'Ringmaster', // no blanks: it becomes /opt/Ringmaster
  directories: { output: 'dist', buildResources: 'resources/icons' },
  files: ['out/**', '!**/*.map', 'package.json', 'resources/CHANGELOG.md', 'resources/icons/**'],
  // Run by a shell, which cannot look into the archive.
  extraResources: [{ from: 'resources/debian', to: 'debian' }],
  asar: true,
  npmRebuild: false,
  electronLanguages: ['en-US'],
  electronVersion: process.env.PACK_ELECTRON_VERSION,
  electronDist: process.env.PACK_ELECTRON_DIST,
  linux: {
    target: ['deb'],
    category: 'System',
    maintainer: 'The Ringmaster developers <ringmaster@example.org>',
    executableName: 'ringmaster',
    icon: 'resources/icons',
    synopsis: 'Runs Xen PVH guests in its own hypervisor',
  },
  deb: {
    packageCategory: 'admin',
    compression: 'xz',
    depends: DEBIAN_PACKAGES,
    fpm: [`${path.join(__dirname, 'linux/ringmaster-xm')}=/usr/bin/ringmaster-xm`],
  },
  win: { target: [{ target: 'nsis', arch: ['x64'] }] },
  nsis: { oneClick: false, perMachine: false },
  mac: { target: [{ target: 'dmg', arch: ['x64', 'arm64'] }], category: 'public.app-category.developer-tools' },
  // The stand-in runtime carries this file so that it can open a folder; a packed app must not.
  afterPack: ({ appOutDir }) => rm(path.join(appOutDir, 'resources/default_app.asar'), { force: true }),
}
