import type { Usage } from '../../api/shapes';
import { useWords } from '../../i18n/WordsProvider';

/** When the tokens run out, at the pace of the last seven days. */
export function Projection({ usage, available }: { usage: Usage; available: number }) {
  const { t, compact, plainDate } = useWords();
  const { tokens_per_day, runs_out_on } = usage.projection;
  if (available === 0) return t('tokens.none');
  if (!runs_out_on) return t('tokens.never_expire');
  return t('tokens.projection', { perDay: compact(tokens_per_day), date: plainDate(runs_out_on) });
}
