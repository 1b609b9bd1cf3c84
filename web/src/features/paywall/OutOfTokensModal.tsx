import { useSuspenseQuery } from '@tanstack/react-query';
import { paywall } from '../../api/paywall';
import type { Problem } from '../../api/problem';
import { configQuery, overviewQuery, tiersQuery } from '../../api/queries';
import { useWords } from '../../i18n/WordsProvider';
import { Dialog } from '../../ui/Dialog';
import { LinkButton } from '../../ui/LinkButton';
import { Notice } from '../../ui/Notice';
import { Section } from '../../ui/Section';
import { Skeleton } from '../../ui/Skeleton';
import { offers } from './offers';

/** Why the request was refused, when there are requests again, and what can be bought so that it goes on. */
export function OutOfTokensModal({ problem }: { problem: Problem }) {
  const { t, plural, number, dateTime } = useWords();
  const { allowance, balance, resets_at } = problem.document;
  const has = plural('paywall.tokens_left', balance?.available ?? 0);
  const isOut = problem.code === 'out_of_ai_requests';
  return (
    <Dialog
      onClose={paywall.giveUp}
      title={t(isOut ? 'paywall.out_of_requests' : 'paywall.too_few_tokens')}
      description={
        isOut
          ? t('paywall.all_used', { limit: number(allowance?.limit ?? 0), has })
          : t('paywall.larger', { has })
      }
    >
      {isOut && resets_at && (
        <p className="mb-5 text-ink-2">{t('paywall.resets', { date: dateTime(resets_at) })}</p>
      )}
      <Section skeleton={<Skeleton className="h-[120px]" />}>
        <Ways problem={problem} />
      </Section>
    </Dialog>
  );
}

function Ways({ problem }: { problem: Problem }) {
  const { t, number } = useWords();
  const { data: overview } = useSuspenseQuery(overviewQuery);
  const { data: tiers } = useSuspenseQuery(tiersQuery);
  const { data: config } = useSuspenseQuery(configQuery);
  const { fixPayment, tokens, upgrade } = offers(problem.document, overview, tiers, config);
  const window = upgrade?.ai_requests.window as 'day';
  return (
    <>
      {upgrade && (
        <p className="mb-5 text-ink-2">
          {t('paywall.upgrade_gives', {
            tier: upgrade.name,
            requests: t(`window.${window}`, { count: number(upgrade.ai_requests.limit) }),
          })}
        </p>
      )}
      {!tokens && !fixPayment && <Notice tone="warn" title={t('pricing.sales_paused')} />}
      <div className="grid gap-3 sm:grid-cols-2">
        {fixPayment && (
          <LinkButton to="billing" look="primary" onClick={paywall.putAway}>
            {t('standing.fix_payment')}
          </LinkButton>
        )}
        {tokens && (
          <LinkButton to="tokens" look={fixPayment ? 'secondary' : 'primary'} onClick={paywall.putAway}>
            {t('tokens.buy')}
          </LinkButton>
        )}
        {upgrade && (
          <LinkButton to="pricing" search={{ subscribe: upgrade.slug }} onClick={paywall.putAway}>
            {t('paywall.upgrade')}
          </LinkButton>
        )}
      </div>
      <p className="mt-4 text-ink-2">{t('paywall.goes_on')}</p>
    </>
  );
}
