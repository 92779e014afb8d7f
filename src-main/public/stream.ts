// What goes over the streams of a console and a screen, passed on to the windows from the engine's protocol: offsets, acknowledgements, limits.
// Runs in: main, preload, renderer. No platform.
export {
  CONSOLE_FROM_WINDOW,
  CONSOLE_INPUT_LIMIT,
  CONSOLE_TO_WINDOW,
  CONSOLE_WINDOW,
  type ConsoleFromWindow,
  type ConsoleToWindow,
  SCREEN_PLACE_BYTES,
  SCREEN_TO_WINDOW,
  type ScreenFromWindow,
} from '../../src-engine/public/protocol/stream'
