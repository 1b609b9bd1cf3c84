import type { BillingPeriod, Tier } from '../../api/shapes';
import { useWords } from '../../i18n/WordsProvider';
import { Button } from '../../ui/Button';
import { LinkButton } from '../../ui/LinkButton';
import type { CallToAction } from './callToAction';

interface Props {
  tier: Tier;
  period: BillingPeriod;
  action: CallToAction;
  featured: boolean;
  salesPaused: boolean;
  onSubscribe: () => void;
}

export function TierAction({ tier, period, action, featured, salesPaused, onSubscribe }: Props) {
  const { t, plural, date } = useWords();
  const look = featured ? 'primary' : 'secondary';
  const back = `/pricing?${new URLSearchParams({ period, subscribe: tier.slug })}`;
  switch (action.kind) {
    case 'register':
      return (
        <LinkButton to="/register" wide>
          {t('cta.register')}
        </LinkButton>
      );
    case 'sign_in':
      return (
        <LinkButton to="/sign-in" search={{ next: back }} look={look} wide>
          {action.trialDays > 0 ? plural('cta.trial', action.trialDays) : t('cta.subscribe')}
        </LinkButton>
      );
    case 'trial':
      return (
        <Button look={look} wide disabled={salesPaused} onClick={onSubscribe}>
          {plural('cta.trial', action.days)}
        </Button>
      );
    case 'subscribe':
      return (
        <Button look={look} wide disabled={salesPaused} onClick={onSubscribe}>
          {t('cta.subscribe')}
        </Button>
      );
    case 'finish':
      return (
        <Button look="primary" wide onClick={onSubscribe}>
          {t('cta.finish')}
        </Button>
      );
    case 'fix_payment':
      return (
        <LinkButton to="/account/billing" wide>
          {t('cta.fix_payment')}
        </LinkButton>
      );
    case 'upgrade':
    case 'downgrade':
    case 'cancel':
      return null;
    case 'current':
      return <Still>{t('cta.current')}</Still>;
    case 'current_until':
      return <Still>{t('cta.current_until', { date: date(action.until) })}</Still>;
    case 'scheduled':
      return <Still>{t('cta.scheduled', { date: date(action.at) })}</Still>;
    case 'by_invitation':
      return <Still>{t('cta.by_invitation')}</Still>;
  }
}

/** Where there is nothing to do: as high as a button, and none. */
function Still({ children }: { children: string }) {
  return (
    <p className="grid min-h-11 place-items-center rounded-control border border-line px-4 py-2 text-center font-medium text-ink-2">
      {children}
    </p>
  );
}
