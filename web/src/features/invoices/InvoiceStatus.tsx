import type { Key } from '../../i18n/en';
import { useWords } from '../../i18n/WordsProvider';
import { Badge, type Tone } from '../../ui/Badge';

const TONES: Record<string, Tone> = { paid: 'good', open: 'warn', uncollectible: 'bad', void: 'plain' };

export function InvoiceStatus({ status }: { status: string }) {
  const { t } = useWords();
  const tone = TONES[status];
  return tone ? <Badge tone={tone}>{t(`invoice.is.${status}` as Key)}</Badge> : null;
}
