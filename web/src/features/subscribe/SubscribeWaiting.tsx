import { useWords } from '../../i18n/WordsProvider';
import { LinkButton } from '../../ui/LinkButton';
import { Notice } from '../../ui/Notice';
import { Waiting } from '../../ui/Waiting';

/** Between the payment and the webhook that tells of it. */
export function SubscribeWaiting({ slow }: { slow: boolean }) {
  const { t } = useWords();
  if (!slow) return <Waiting>{t('subscribe.confirming')}</Waiting>;
  return (
    <Notice
      alert
      tone="warn"
      title={t('subscribe.slow')}
      action={<LinkButton to="billing">{t('nav.billing')}</LinkButton>}
    >
      {t('subscribe.slow_detail')}
    </Notice>
  );
}
