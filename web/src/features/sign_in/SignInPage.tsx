import { getRouteApi, Link } from '@tanstack/react-router';
import { useWords } from '../../i18n/WordsProvider';
import { Section } from '../../ui/Section';
import { Skeleton } from '../../ui/Skeleton';
import { AuthCard } from './AuthCard';
import { HostOnly } from './HostOnly';
import { SignInForm } from './SignInForm';

const route = getRouteApi('/sign-in');

export function SignInPage() {
  const { t } = useWords();
  const { next } = route.useSearch();
  return (
    <AuthCard title={t('sign_in.title')}>
      <Section skeleton={<Skeleton className="h-[300px]" />}>
        <HostOnly next={next}>
          <SignInForm next={next} />
          <p className="mt-5 flex flex-wrap justify-between gap-x-4 gap-y-2">
            <Link to="/register" search={{ next }} className="underline underline-offset-2">
              {t('sign_in.register')}
            </Link>
            <Link to="/forgot-password" className="underline underline-offset-2">
              {t('sign_in.forgot')}
            </Link>
          </p>
        </HostOnly>
      </Section>
    </AuthCard>
  );
}
