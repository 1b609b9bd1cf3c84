import { useQueryClient } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useState } from 'react';
import { answered, api } from '../../api/client';
import { meQuery } from '../../api/queries';
import { useWords } from '../../i18n/WordsProvider';
import { useAction } from '../../lib/useAction';
import { Button } from '../../ui/Button';
import { ErrorNotice } from '../../ui/ErrorNotice';
import { Notice } from '../../ui/Notice';
import { AuthCard } from './AuthCard';
import { DoneNotice } from './DoneNotice';
import { fieldErrors } from './fieldErrors';

const route = getRouteApi('/verify-email');

/** Following the link alone changes nothing, because mail scanners follow links too: the button does it. */
export function VerifyEmailPage() {
  const { t } = useWords();
  const { token = '' } = route.useSearch();
  const queries = useQueryClient();
  const [done, setDone] = useState(false);
  const { busy, error, run } = useAction(async () => {
    await answered(api.POST('/api/v1/auth/verify-email/', { body: { token } }));
    await queries.invalidateQueries({ queryKey: meQuery.queryKey });
    setDone(true);
  });
  return (
    <AuthCard title={t('verify.title')}>
      {done ? (
        <DoneNotice title={t('verify.done')} to="pricing" label={t('not_found.pricing')} />
      ) : (
        <div className="grid gap-4">
          <p className="text-ink-2">{t('verify.detail')}</p>
          {fieldErrors(error).token ? (
            <Notice alert tone="bad" title={t('verify.link_not_valid')} />
          ) : (
            error !== null && <ErrorNotice error={error} />
          )}
          <Button look="primary" wide busy={busy} onClick={() => run()}>
            {t('verify.submit')}
          </Button>
        </div>
      )}
    </AuthCard>
  );
}
