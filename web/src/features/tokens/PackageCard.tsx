import type { TokenPackage } from '../../api/shapes';
import { useWords } from '../../i18n/WordsProvider';
import { Badge } from '../../ui/Badge';
import { Button } from '../../ui/Button';
import { Card } from '../../ui/Card';
import { Rosette } from '../../ui/Rosette';

interface Props {
  pack: TokenPackage;
  /** Place in the catalog, from 0. */
  rank: number;
  /** The most tokens for the money. */
  best: boolean;
  disabled: boolean;
  onBuy: () => void;
}

export function PackageCard({ pack, rank, best, disabled, onBuy }: Props) {
  const { t, money, compact, number } = useWords();
  const per100K = Math.round((pack.amount * 100_000) / pack.tokens);
  return (
    <Card aria-labelledby={`package-${pack.slug}`} className="flex flex-col">
      <Rosette petals={8 + rank * 5} tone="brass" />
      <div className="flex min-h-7 items-center gap-2">
        <h2 id={`package-${pack.slug}`} className="font-bold">
          {pack.name}
        </h2>
        {best && <Badge tone="warn">{t('tokens.best')}</Badge>}
      </div>
      <p className="mt-6 text-[34px] leading-10 font-bold tracking-tight">{compact(pack.tokens)}</p>
      <p className="text-ink-2">{t('tokens.interactions', { count: number(pack.interactions) })}</p>
      <p className="text-ink-2">{t('tokens.per_100k', { amount: money(per100K, pack.currency) })}</p>
      <div className="mt-5">
        <Button look={best ? 'primary' : 'secondary'} wide disabled={disabled} onClick={onBuy}>
          {t('tokens.buy_for', { amount: money(pack.amount, pack.currency) })}
        </Button>
      </div>
    </Card>
  );
}
