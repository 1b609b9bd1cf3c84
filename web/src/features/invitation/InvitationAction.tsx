import { useQuery } from '@tanstack/react-query';
import { lazy, Suspense, useState } from 'react';
import { invitationQuery } from '../../api/queries';
import { useWords } from '../../i18n/WordsProvider';
import { Button } from '../../ui/Button';
import { Still } from '../../ui/Still';

const ApplyDialog = lazy(async () => ({ default: (await import('./ApplyDialog')).ApplyDialog }));

/** How it stands with the tier that is by invitation, and the way to apply for it. */
export function InvitationAction() {
  const { t } = useWords();
  const { data: standing, isError, refetch } = useQuery(invitationQuery);
  const [applying, setApplying] = useState(false);
  if (isError && !standing) {
    return (
      <Button wide onClick={() => refetch()}>
        {t('error.retry')}
      </Button>
    );
  }
  if (!standing) return <Still>{t('cta.by_invitation')}</Still>;
  if (standing.invited) return <Still>{t('invitation.invited')}</Still>;
  if (standing.invitation?.state === 'applied') return <Still>{t('invitation.applied')}</Still>;
  return (
    <>
      <Button wide onClick={() => setApplying(true)}>
        {t('invitation.apply')}
      </Button>
      <Suspense fallback={null}>{applying && <ApplyDialog onClose={() => setApplying(false)} />}</Suspense>
    </>
  );
}
