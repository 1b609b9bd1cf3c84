import { useWords } from '../../i18n/WordsProvider';
import { Heading } from '../../ui/Heading';
import { Section } from '../../ui/Section';
import { Skeleton } from '../../ui/Skeleton';
import { BillingDetailsCard } from '../billing_details/BillingDetailsCard';
import { InvoicesCard } from '../invoices/InvoicesCard';
import { CardsCard } from '../payment_methods/CardsCard';
import { ChangesCard } from './ChangesCard';
import { PlanSection } from './PlanSection';
import { TokensCard } from './TokensCard';
import { UsageCard } from './UsageCard';

/** `started`: comes from subscribing, and is greeted. */
export function BillingPage({ started = false }: { started?: boolean }) {
  const { t } = useWords();
  return (
    <>
      <Heading>{t('billing.title')}</Heading>
      <div className="grid gap-4 lg:grid-cols-[1.2fr_1fr] lg:[&>[role=alert]:first-child]:col-span-2">
        <Section
          name={t('plan.current')}
          skeleton={<Skeleton className="h-[592px] rounded-card sm:h-[544px] lg:col-span-2 lg:h-[318px]" />}
        >
          <PlanSection started={started}>
            <Section
              name={t('tokens.title')}
              skeleton={<Skeleton className="h-full min-h-[342px] rounded-card sm:min-h-[318px]" />}
            >
              <TokensCard />
            </Section>
          </PlanSection>
        </Section>
        <div className="lg:col-span-2">
          <Section
            name={t('usage.title')}
            skeleton={<Skeleton className="h-[388px] sm:h-[364px] rounded-card" />}
          >
            <UsageCard />
          </Section>
        </div>
        <Section name={t('cards.title')} skeleton={<Skeleton className="h-[202px] rounded-card" />}>
          <CardsCard />
        </Section>
        <Section name={t('details.title')} skeleton={<Skeleton className="h-[202px] rounded-card" />}>
          <BillingDetailsCard />
        </Section>
        <div className="lg:col-span-2">
          <Section name={t('invoices.title')} skeleton={<Skeleton className="h-[139px] rounded-card" />}>
            <InvoicesCard />
          </Section>
        </div>
        <div className="lg:col-span-2">
          <Section name={t('changes.title')} skeleton={<Skeleton className="h-[139px] rounded-card" />}>
            <ChangesCard />
          </Section>
        </div>
      </div>
    </>
  );
}
