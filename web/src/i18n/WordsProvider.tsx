import { createContext, type ReactNode, use, useEffect, useMemo, useState } from 'react';
import { recall, remember } from '../lib/memory';
import { type Catalogue, en } from './en';
import { createWords, LOCALES, type Locale, type Words } from './words';

/** Given by the provider below, or by a host. */
export const WordsContext = createContext<Words>(createWords('en', en));
const SetLocaleContext = createContext<(locale: Locale) => void>(() => {});

export const useWords = () => use(WordsContext);
export const useSetLocale = () => use(SetLocaleContext);

/** What was chosen, else the first of the browser's languages that there is a catalogue for. */
export function preferredLocale(): Locale {
  const wanted = [recall('locale'), ...navigator.languages].map((tag) => tag?.slice(0, 2));
  return wanted.map((tag) => LOCALES.find((locale) => locale === tag)).find(Boolean) ?? 'en';
}

/** English is at hand; another catalogue is a file that is loaded when it is wanted. */
export async function loadCatalogue(locale: Locale): Promise<Catalogue> {
  return locale === 'es' ? (await import('./es')).es : en;
}

interface Props {
  first: Words;
  children: ReactNode;
}

export function WordsProvider({ first, children }: Props) {
  const [words, setWords] = useState(first);
  useEffect(() => {
    document.documentElement.lang = words.locale;
  }, [words]);
  const setLocale = useMemo(
    () => async (locale: Locale) => {
      const catalogue = await loadCatalogue(locale);
      remember('locale', locale);
      setWords(createWords(locale, catalogue));
    },
    [],
  );
  return (
    <SetLocaleContext value={setLocale}>
      <WordsContext value={words}>{children}</WordsContext>
    </SetLocaleContext>
  );
}
