// Gives every component the sentences and number formats of the language chosen; also tells the component library.
// Invariant: one language per window at a time; changing it redraws the window, nothing is read at module load.
// Runs in: every window.

import { createContext, type ReactNode, useContext, useEffect, useMemo } from 'react'
import { I18nProvider } from 'react-aria-components'
import { type Formats, makeFormats } from '../lib/format'
import { type Language, makeTranslator, type Translator } from '../lib/translate'

interface Words {
  readonly t: Translator
  readonly formats: Formats
}

const english: Words = { t: makeTranslator('en'), formats: makeFormats('en') }
const WordsContext = createContext<Words>(english)

export function LanguageProvider(props: { readonly language: Language; readonly children: ReactNode }) {
  const { language } = props
  const words = useMemo(() => ({ t: makeTranslator(language), formats: makeFormats(language) }), [language])
  useEffect(() => {
    document.documentElement.lang = language
  }, [language])
  return (
    <WordsContext.Provider value={words}>
      <I18nProvider locale={language === 'de' ? 'de-DE' : 'en-GB'}>{props.children}</I18nProvider>
    </WordsContext.Provider>
  )
}

export function useWords(): Words {
  return useContext(WordsContext)
}
