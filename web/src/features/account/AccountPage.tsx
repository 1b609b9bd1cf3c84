import { useSuspenseQuery } from '@tanstack/react-query';
import { answered, api } from '../../api/client';
import { configQuery, meQuery } from '../../api/queries';
import { useWords } from '../../i18n/WordsProvider';
import { leaveFor } from '../../lib/hold';
import { PATHS } from '../../lib/places';
import { tellOtherTabs } from '../../lib/session';
import { useAction } from '../../lib/useAction';
import { Badge } from '../../ui/Badge';
import { Button } from '../../ui/Button';
import { Card } from '../../ui/Card';
import { ErrorNotice } from '../../ui/ErrorNotice';
import { PageTitle } from '../../ui/PageTitle';
import { Section } from '../../ui/Section';
import { Skeleton } from '../../ui/Skeleton';
import { LeaveCard } from './LeaveCard';
import { VerificationMail } from './VerificationMail';

export function AccountPage() {
  const { t } = useWords();
  return (
    <>
      <PageTitle>{t('account.title')}</PageTitle>
      <Section skeleton={<Skeleton className="h-[400px]" />}>
        <Account />
      </Section>
    </>
  );
}

function Account() {
  const { t } = useWords();
  const { data: me } = useSuspenseQuery(meQuery);
  const { data: config } = useSuspenseQuery(configQuery);
  const { busy, error, run } = useAction(async () => {
    await answered(api.POST('/api/v1/auth/logout/'));
    tellOtherTabs();
    // Loaded anew: nothing that the page has known of this member is left.
    leaveFor(PATHS.pricing);
  });
  if (!me) return null;
  return (
    <div className="grid items-start gap-4 lg:grid-cols-2">
      <Card>
        <dl className="grid gap-4">
          {me.name && (
            <div>
              <dt className="text-ink-2">{t('field.name')}</dt>
              <dd className="text-lg font-semibold break-words">{me.name}</dd>
            </div>
          )}
          {me.email && (
            <div>
              <dt className="text-ink-2">{t('field.email')}</dt>
              <dd className="flex flex-wrap items-center gap-x-3 gap-y-1">
                <span className="min-w-0 font-medium break-all">{me.email}</span>
                <Badge tone={me.email_verified ? 'good' : 'warn'}>
                  {t(me.email_verified ? 'account.verified' : 'account.not_verified')}
                </Badge>
              </dd>
              {!me.email_verified && config.own_login && <VerificationMail />}
            </div>
          )}
        </dl>
        {error !== null && (
          <div className="mt-4">
            <ErrorNotice error={error} />
          </div>
        )}
        {/* A host's token goes on to say who it is: signing out is there. */}
        {me.session && (
          <div className="mt-6">
            <Button busy={busy} onClick={() => run()}>
              {t('account.sign_out')}
            </Button>
          </div>
        )}
      </Card>
      <LeaveCard ownLogin={config.own_login} />
    </div>
  );
}
