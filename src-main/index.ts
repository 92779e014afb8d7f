// The start of the app: picks the driver, makes the parts, and hands them to the app. Wires; nothing else.
// RINGMASTER_DRIVER chooses the driver; RINGMASTER_FOLDER the folder of definitions and
// preferences, RINGMASTER_DEMO_FOLDER the one where the demo guest's files are kept (all for tests).
// Runs in: main (Electron).
import { join } from 'node:path'
import { app } from 'electron'
import { App } from './app/app'
import { registerScheme } from './app/page'
import { lockDown } from './app/security'
import type { OpenedDriver } from './connection/connection'
import { drivers, isDriverName } from './driver/drivers'
import type { ConnectionDefinition } from './public/connection'
import { ElectronChannels, ElectronForker } from './supervisor/electron'
import { Supervisor } from './supervisor/supervisor'
import { DebianDemoMaker } from './toolstack/debian-demo'
import { DebianSystemMaker } from './toolstack/debian-system'
import { TestDebianMaker, TestDemoMaker } from './toolstack/test-demo'

function start(): void {
  const folder = process.env['RINGMASTER_FOLDER']
  if (folder) app.setPath('userData', folder)
  // As they are: what Electron itself hands over of them may be in another order.
  if (!app.requestSingleInstanceLock({ words: process.argv.slice(1) })) {
    // The other one shows its window.
    app.exit(0)
    return
  }
  const wanted = process.env['RINGMASTER_DRIVER'] ?? 'embedded'
  if (!isDriverName(wanted)) {
    console.error(`There is no driver named ${wanted}. There are: ${Object.keys(drivers).join(', ')}.`)
    app.exit(2)
    return
  }
  registerScheme()
  lockDown()
  const channels = new ElectronChannels()
  const forker = new ElectronForker()
  const userData = app.getPath('userData')
  const demoFolder = process.env['RINGMASTER_DEMO_FOLDER'] ?? join(userData, 'demo')
  const outFolder = join(__dirname, '..')
  // A packed app has it as a plain file beside its archive, where a shell can read it.
  const scripts = app.isPackaged ? process.resourcesPath : join(outFolder, '../resources')
  const script = join(scripts, 'debian/make-debian-image.sh')
  const playedDemo = new TestDemoMaker(demoFolder, 4000)
  const open = ({ driver }: ConnectionDefinition, folder: string): OpenedDriver => {
    const supervisor = new Supervisor({ forker, channels, bundleFolder: __dirname })
    const made = drivers[driver]({ channels, supervisor, folder: join(folder, 'domain0') })
    if (driver === 'test') return { driver: made, demo: playedDemo, debian: new TestDebianMaker(playedDemo) }
    return {
      driver: made,
      demo: new DebianDemoMaker(demoFolder),
      debian: new DebianSystemMaker({ script, folder: join(demoFolder, 'debian-system') }),
    }
  }
  const iconFolder = join(outFolder, '../resources/icons')
  app
    .whenReady()
    .then(() => new App({ localDriver: wanted, open, channels, outFolder, iconFolder }).start())
    .catch((thrown: unknown) => {
      console.error(thrown)
      app.exit(1)
    })
}

start()
