// The start of the app: picks the driver, makes the parts, and hands them to the app. Wires; nothing else.
// RINGMASTER_DRIVER chooses the driver; RINGMASTER_FOLDER the folder of definitions and
// preferences, RINGMASTER_DEMO_FOLDER the one where the demo guest's files are kept (all for tests).
// Runs in: main (Electron).
import { join } from 'node:path'
import { app } from 'electron'
import { App } from './app/app'
import { registerScheme } from './app/page'
import { lockDown } from './app/security'
import { drivers, isDriverName } from './driver/drivers'
import { ElectronChannels, ElectronForker } from './supervisor/electron'
import { Supervisor } from './supervisor/supervisor'
import { DebianDemoMaker } from './toolstack/debian-demo'
import { TestDemoMaker } from './toolstack/test-demo'

function start(): void {
  const folder = process.env['RINGMASTER_FOLDER']
  if (folder) app.setPath('userData', folder)
  if (!app.requestSingleInstanceLock()) {
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
  const supervisor = new Supervisor({ forker: new ElectronForker(), channels, bundleFolder: __dirname })
  const userData = app.getPath('userData')
  const driver = drivers[wanted]({ channels, supervisor, folder: join(userData, 'domain0') })
  const demoFolder = process.env['RINGMASTER_DEMO_FOLDER'] ?? join(userData, 'demo')
  const demo = wanted === 'test' ? new TestDemoMaker(demoFolder, 4000) : new DebianDemoMaker(demoFolder)
  const outFolder = join(__dirname, '..')
  const iconFolder = join(outFolder, '../resources/icons')
  app
    .whenReady()
    .then(() => new App({ driver, demo, channels, outFolder, iconFolder }).start())
    .catch((thrown: unknown) => {
      console.error(thrown)
      app.exit(1)
    })
}

start()
