import { queryOptions, useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { answered, api } from '../../api/client';
import { Problem } from '../../api/problem';
import { meQuery } from '../../api/queries';
import { useWords } from '../../i18n/WordsProvider';
import { Button } from '../../ui/Button';
import { ErrorNotice } from '../../ui/ErrorNotice';
import { Waiting } from '../../ui/Waiting';
import { AuthCard } from './AuthCard';
import { DoneNotice } from './DoneNotice';
import { useEntered } from './useEntered';

const route = getRouteApi('/enter');

/** A code works once, so it is brought once. */
const enterQuery = (code: string) =>
  queryOptions({
    queryKey: ['enter', code],
    queryFn: () => answered(api.POST('/api/v1/auth/enter/', { body: { code } })),
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
  });

/** Where a host application sends its member with a code, instead of a password. */
export function EnterPage() {
  const { t } = useWords();
  const { code = '', next } = route.useSearch();
  const { data: me } = useQuery(meQuery);
  const [anew, setAnew] = useState(false);
  // Somebody else may have sent this address: whoever is signed in already is asked.
  const { data, error, refetch } = useQuery({ ...enterQuery(code), enabled: me === null || anew });
  const entered = useEntered(next, { replace: true });
  const user = data?.user;
  const called = me?.name || me?.email;
  // biome-ignore lint/correctness/useExhaustiveDependencies: once, when somebody is in.
  useEffect(() => {
    if (user) entered(user);
  }, [user]);
  return (
    <AuthCard title={t('enter.title')}>
      {me && !anew ? (
        <div className="grid gap-4">
          <p className="text-ink-2">{called ? t('enter.as', { name: called }) : t('enter.as_somebody')}</p>
          <Button look="primary" wide onClick={() => entered(me, me.session)}>
            {t('enter.go_on')}
          </Button>
          <Button wide onClick={() => setAnew(true)}>
            {t('enter.anew')}
          </Button>
        </div>
      ) : error instanceof Problem && error.status === 422 ? (
        <DoneNotice tone="bad" title={t('enter.not_valid')} to="sign_in" label={t('nav.sign_in')} />
      ) : error ? (
        <ErrorNotice error={error} onRetry={() => refetch()} />
      ) : (
        <Waiting>{t('enter.waiting')}</Waiting>
      )}
    </AuthCard>
  );
}
