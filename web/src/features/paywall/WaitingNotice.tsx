import { paywall } from '../../api/paywall';
import { useWords } from '../../i18n/WordsProvider';
import { usePlaces } from '../../lib/places';
import { Button } from '../../ui/Button';
import { Notice } from '../../ui/Notice';
import { usePaywall } from './usePaywall';

/** On the way to buy: what was refused has not been forgotten. */
export function WaitingNotice() {
  const { t } = useWords();
  const { waiting, open } = usePaywall();
  const { go } = usePlaces();
  const tryAgain = () => {
    const back = paywall.resume();
    if (back) go(back);
  };
  if (waiting === 0 || open) return null;
  return (
    <div className="mb-6">
      <Notice
        tone="plain"
        title={t('paywall.waits')}
        action={
          <div className="flex flex-wrap gap-3">
            <Button onClick={tryAgain}>{t('error.retry')}</Button>
            <Button look="quiet" onClick={paywall.giveUp}>
              {t('paywall.give_up')}
            </Button>
          </div>
        }
      >
        {t('paywall.waits_detail')}
      </Notice>
    </div>
  );
}
