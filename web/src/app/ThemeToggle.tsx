import { Moon, Sun } from 'lucide-react';
import { useWords } from '../i18n/WordsProvider';
import { setTheme, useTheme } from '../lib/theme';

export function ThemeToggle() {
  const { t } = useWords();
  const theme = useTheme();
  const other = theme === 'dark' ? 'light' : 'dark';
  const Icon = theme === 'dark' ? Sun : Moon;
  return (
    <button
      type="button"
      aria-label={t(other === 'dark' ? 'shell.to_dark' : 'shell.to_light')}
      onClick={() => setTheme(other)}
      className="grid size-11 place-items-center rounded-control text-ink-2 hover:bg-sunken hover:text-ink"
    >
      <Icon aria-hidden className="size-[18px]" />
    </button>
  );
}
