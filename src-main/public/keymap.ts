// Keyboards a guest may believe it has: the engine's table passed on. Runs in: main, preload, renderer. No platform.

export {
  isKeymapName,
  KEYMAP_KEYS,
  KEYMAP_NAMES,
  KEYMAPS,
  type KeymapKey,
  type KeymapName,
  keysOfKeymap,
} from '../../src-engine/public/keymap'
