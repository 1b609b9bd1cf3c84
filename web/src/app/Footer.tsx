import { useSetLocale, useWords } from '../i18n/WordsProvider';
import type { Locale } from '../i18n/words';

const NAMES: Record<Locale, string> = { en: 'English', es: 'Español' };

export function Footer() {
  const { t, locale } = useWords();
  const setLocale = useSetLocale();
  return (
    <footer className="border-t border-line text-sm text-ink-2">
      <div className="mx-auto flex max-w-[1216px] flex-wrap items-center justify-between gap-x-6 gap-y-2 px-4 py-5 sm:px-8">
        <a href="/api/docs/" className="underline underline-offset-2 hover:text-ink">
          {t('footer.api')}
        </a>
        <label className="flex items-center gap-2">
          {t('footer.language')}
          <select
            value={locale}
            onChange={(event) => setLocale(event.target.value as Locale)}
            className="min-h-9 rounded-control border border-edge bg-surface px-2 text-ink"
          >
            {Object.entries(NAMES).map(([value, name]) => (
              <option key={value} value={value} lang={value}>
                {name}
              </option>
            ))}
          </select>
        </label>
      </div>
    </footer>
  );
}
