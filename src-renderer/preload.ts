// The preload script: hands the page the two functions its client is made of, and passes ports on to it. Nothing by hand.
// Invariant: the page gets three functions (invoke, listen, the path of a dropped file) and no part of Electron; the script is one sandboxed CJS file.
// Runs in: the preload world of every window.

import { contextBridge, ipcRenderer, webUtils } from 'electron'
import { CALL_CHANNEL, type ClientTransport, EVENT_CHANNEL, STREAM_CHANNEL } from '../src-main/public/client'

const bridge: ClientTransport = {
  invoke: (name, params) => ipcRenderer.invoke(CALL_CHANNEL, name, params),
  listen: (listener) => {
    ipcRenderer.on(EVENT_CHANNEL, (_event, name, payload) => listener(name, payload))
  },
}
contextBridge.exposeInMainWorld('ringmasterBridge', bridge)

// Older Electrons put the path on the file itself, newer ones tell it here.
contextBridge.exposeInMainWorld('ringmasterPathOf', (file: File): string => {
  if (webUtils !== undefined) return webUtils.getPathForFile(file)
  const path: unknown = Reflect.get(file, 'path')
  return typeof path === 'string' ? path : ''
})

// A port cannot pass the context bridge; it goes as a message of the window, which only this window can see.
ipcRenderer.on(STREAM_CHANNEL, (event, stream) => {
  window.postMessage({ kind: STREAM_CHANNEL, stream }, '*', [...event.ports])
})
