import { queryOptions, useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useEffect } from 'react';
import { answered, api } from '../../api/client';
import { Problem } from '../../api/problem';
import { useWords } from '../../i18n/WordsProvider';
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
  const { data, error, refetch } = useQuery(enterQuery(code));
  const entered = useEntered(next, { replace: true });
  const user = data?.user;
  // biome-ignore lint/correctness/useExhaustiveDependencies: once, when somebody is in.
  useEffect(() => {
    if (user) entered(user);
  }, [user]);
  return (
    <AuthCard title={t('enter.title')}>
      {error instanceof Problem && error.status === 422 ? (
        <DoneNotice tone="bad" title={t('enter.not_valid')} to="sign_in" label={t('nav.sign_in')} />
      ) : error ? (
        <ErrorNotice error={error} onRetry={() => refetch()} />
      ) : (
        <Waiting>{t('enter.waiting')}</Waiting>
      )}
    </AuthCard>
  );
}
