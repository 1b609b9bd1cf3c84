import type { ReactNode } from 'react';
import { paywall } from '../../api/paywall';
import { useWords } from '../../i18n/WordsProvider';
import type { Tone } from '../../ui/Badge';
import { Button } from '../../ui/Button';
import { Notice } from '../../ui/Notice';

interface Props {
  tone: Tone;
  onTryAgain: () => void;
  /** What else can be done, before trying again. */
  children?: ReactNode;
}

/** A request that waits for tokens: it has not been forgotten, and can be given up. */
export function BlockedRequest({ tone, onTryAgain, children }: Props) {
  const { t } = useWords();
  return (
    <Notice
      tone={tone}
      title={t('paywall.waits')}
      action={
        <div className="flex flex-wrap gap-3">
          {children}
          <Button onClick={onTryAgain}>{t('error.retry')}</Button>
          <Button look="quiet" onClick={paywall.giveUp}>
            {t('paywall.give_up')}
          </Button>
        </div>
      }
    >
      {t('paywall.waits_detail')}
    </Notice>
  );
}
