import { getRouteApi } from '@tanstack/react-router';
import { useWords } from '../../i18n/WordsProvider';
import { PageTitle } from '../../ui/PageTitle';
import { Section } from '../../ui/Section';
import { Skeleton } from '../../ui/Skeleton';
import { InvoicesCard } from '../invoices/InvoicesCard';
import { ChangesCard } from './ChangesCard';
import { PlanSection } from './PlanSection';
import { TokensCard } from './TokensCard';
import { UsageCard } from './UsageCard';

const route = getRouteApi('/member/account/billing');

export function BillingPage() {
  const { t } = useWords();
  const { started } = route.useSearch();
  return (
    <>
      <PageTitle>{t('billing.title')}</PageTitle>
      <div className="grid gap-4 lg:grid-cols-[1.2fr_1fr]">
        <Section skeleton={<Skeleton className="h-[296px] lg:col-span-2" />}>
          <PlanSection started={started ?? false}>
            <Section skeleton={<Skeleton className="h-[240px]" />}>
              <TokensCard />
            </Section>
          </PlanSection>
        </Section>
        <div className="lg:col-span-2">
          <Section skeleton={<Skeleton className="h-[330px]" />}>
            <UsageCard />
          </Section>
        </div>
        <div className="lg:col-span-2">
          <Section skeleton={<Skeleton className="h-[120px]" />}>
            <InvoicesCard />
          </Section>
        </div>
        <div className="lg:col-span-2">
          <Section skeleton={<Skeleton className="h-[120px]" />}>
            <ChangesCard />
          </Section>
        </div>
      </div>
    </>
  );
}
