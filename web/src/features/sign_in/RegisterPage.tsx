import { getRouteApi, Link } from '@tanstack/react-router';
import { useWords } from '../../i18n/WordsProvider';
import { Section } from '../../ui/Section';
import { Skeleton } from '../../ui/Skeleton';
import { AuthCard } from './AuthCard';
import { HostOnly } from './HostOnly';
import { RegisterForm } from './RegisterForm';

const route = getRouteApi('/register');

export function RegisterPage() {
  const { t } = useWords();
  const { next } = route.useSearch();
  return (
    <AuthCard title={t('register.title')}>
      <Section skeleton={<Skeleton className="h-[380px]" />}>
        <HostOnly next={next}>
          <RegisterForm next={next} />
          <p className="mt-5">
            <Link to="/sign-in" search={{ next }} className="underline underline-offset-2">
              {t('register.sign_in')}
            </Link>
          </p>
        </HostOnly>
      </Section>
    </AuthCard>
  );
}
