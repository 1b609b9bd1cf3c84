import { useSuspenseQuery } from '@tanstack/react-query';
import { useId } from 'react';
import { balanceQuery, usageQuery } from '../../api/queries';
import { useWords } from '../../i18n/WordsProvider';
import { Card } from '../../ui/Card';
import { Fact } from '../../ui/Fact';
import { LinkButton } from '../../ui/LinkButton';
import { HeldAndOwed } from '../tokens/HeldAndOwed';
import { Projection } from '../tokens/Projection';

export function TokensCard() {
  const { t, number } = useWords();
  const id = useId();
  const { data: balance } = useSuspenseQuery(balanceQuery);
  const { data: usage } = useSuspenseQuery(usageQuery);
  return (
    <Card aria-labelledby={id} className="flex flex-col">
      <h2 id={id} className="text-ink-2">
        {t('tokens.title')}
      </h2>
      <p className="text-[34px] leading-10 font-bold tracking-tight">{number(balance.available)}</p>
      <p className="mt-1 text-ink-2">
        <Projection usage={usage} available={balance.available} />
      </p>
      <HeldAndOwed balance={balance} />
      <dl className="mt-5 grid gap-2">
        <Fact name={t('tokens.used_today')}>{number(usage.today.tokens)}</Fact>
        <Fact name={t('tokens.used_month')}>{number(usage.month.tokens)}</Fact>
        <Fact name={t('tokens.bought')}>{number(balance.purchased)}</Fact>
      </dl>
      <div className="mt-auto grid pt-6 sm:flex">
        <LinkButton to="tokens">{t('tokens.buy')}</LinkButton>
      </div>
    </Card>
  );
}
