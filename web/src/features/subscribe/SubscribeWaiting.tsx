import { useWords } from '../../i18n/WordsProvider';
import { LinkButton } from '../../ui/LinkButton';
import { Notice } from '../../ui/Notice';
import { Waiting } from '../../ui/Waiting';

/** Between the payment, or the card of a trial, and the webhook that tells of it. */
export function SubscribeWaiting({ isTrial, slow }: { isTrial: boolean; slow: boolean }) {
  const { t } = useWords();
  if (!slow) return <Waiting>{t(isTrial ? 'subscribe.confirming_trial' : 'subscribe.confirming')}</Waiting>;
  return (
    <Notice
      alert
      tone="warn"
      title={t('subscribe.slow')}
      action={<LinkButton to="billing">{t('nav.billing')}</LinkButton>}
    >
      {t(isTrial ? 'subscribe.slow_trial' : 'subscribe.slow_detail')}
    </Notice>
  );
}
