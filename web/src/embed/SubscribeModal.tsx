import { useQuery } from '@tanstack/react-query';
import { Suspense } from 'react';
import { configQuery, overviewQuery, tiersQuery } from '../api/queries';
import type { BillingPeriod } from '../api/shapes';
import { CheckoutSkeleton } from '../features/paying/CheckoutSkeleton';
import { primaryPeriod } from '../features/pricing/priceOf';
import { useWords } from '../i18n/WordsProvider';
import { Dialog } from '../ui/Dialog';
import { ErrorNotice } from '../ui/ErrorNotice';
import { Notice } from '../ui/Notice';
import { Given } from './Piece';
import { Plan } from './Plan';

export interface SubscribeModalProps {
  /** Its slug, as `pro-learn`. */
  tier: string;
  period?: BillingPeriod;
  onClose: () => void;
  /** Once the plan is there, after `onClose`; without it the host's billing page is gone to. */
  onDone?: () => void;
}

/**
 * Open for as long as it is there. Subscribes to a plan, or changes to it; who is not signed in, or cannot have it, is
 * told so.
 */
export function SubscribeModal(props: SubscribeModalProps) {
  return (
    <Suspense fallback={null}>
      <Given>
        <Modal {...props} />
      </Given>
    </Suspense>
  );
}

function Modal({ tier: slug, period, onClose, onDone }: SubscribeModalProps) {
  const { t } = useWords();
  const asked = [useQuery(tiersQuery), useQuery(configQuery), useQuery(overviewQuery)] as const;
  const [{ data: tiers }, { data: config }, { data: overview }] = asked;
  const tier = tiers?.find((one) => one.slug === slug);
  if (tier && config && overview !== undefined) {
    return <Plan tier={tier} period={period ?? primaryPeriod(config)} onClose={onClose} onDone={onDone} />;
  }
  const failed = asked.find(({ isError }) => isError);
  return (
    <Dialog title={t('cta.subscribe')} onClose={onClose}>
      {failed ? (
        <ErrorNotice error={failed.error} onRetry={() => asked.map(({ refetch }) => refetch())} />
      ) : tiers && !tier ? (
        <Notice alert tone="bad" title={t('problem.not_found')} />
      ) : (
        <CheckoutSkeleton />
      )}
    </Dialog>
  );
}
