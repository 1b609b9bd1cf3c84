import { useState } from 'react';
import { answered, api } from '../../api/client';
import { useWords } from '../../i18n/WordsProvider';
import { useAction } from '../../lib/useAction';
import { Button } from '../../ui/Button';
import { ErrorNotice } from '../../ui/ErrorNotice';

/** For whom the mail that verifies the address did not reach. */
export function VerificationMail() {
  const { t } = useWords();
  const [sent, setSent] = useState(false);
  const { busy, error, run } = useAction(async () => {
    await answered(api.POST('/api/v1/auth/verification-mail/', { body: {} }));
    setSent(true);
  });
  return (
    <dd className="mt-3">
      {sent ? (
        <p role="status" className="text-ink-2">
          {t('account.mail_sent')}
        </p>
      ) : (
        <Button busy={busy} onClick={() => run()}>
          {t('account.send_mail')}
        </Button>
      )}
      {error !== null && (
        <div className="mt-3">
          <ErrorNotice error={error} />
        </div>
      )}
    </dd>
  );
}
