import type { BillingPeriod, Tier } from '../../api/shapes';
import { useWords } from '../../i18n/WordsProvider';
import { usePlaces } from '../../lib/places';
import { Button } from '../../ui/Button';
import { LinkButton } from '../../ui/LinkButton';
import { Still } from '../../ui/Still';
import { InvitationAction } from '../invitation/InvitationAction';
import type { CallToAction } from './callToAction';

interface Props {
  tier: Tier;
  period: BillingPeriod;
  action: CallToAction;
  /** It is the reader's plan already: only the period is another. */
  isPaid?: boolean;
  featured: boolean;
  salesPaused: boolean;
  onSubscribe: () => void;
}

export function TierAction({
  tier,
  period,
  action,
  isPaid = false,
  featured,
  salesPaused,
  onSubscribe,
}: Props) {
  const { t, date } = useWords();
  const look = featured ? 'primary' : 'secondary';
  const { hrefOf } = usePlaces();
  const back = hrefOf('pricing', { period, subscribe: tier.slug });
  switch (action.kind) {
    case 'register':
      return (
        <LinkButton to="register" wide>
          {t('cta.register')}
        </LinkButton>
      );
    case 'sign_in':
      return (
        <LinkButton to="sign_in" search={{ next: back }} look={look} wide>
          {action.trialDays > 0 ? t('cta.trial') : t('cta.subscribe')}
        </LinkButton>
      );
    case 'trial':
      return (
        <Button look={look} wide disabled={salesPaused} onClick={onSubscribe}>
          {t('cta.trial')}
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
        <LinkButton to="billing" wide>
          {t('cta.fix_payment')}
        </LinkButton>
      );
    case 'upgrade':
      return (
        <Button look={isPaid ? 'secondary' : 'primary'} wide onClick={onSubscribe}>
          {t(isPaid ? `cta.pay.${period}` : 'cta.upgrade')}
        </Button>
      );
    case 'downgrade':
      return (
        <Button wide onClick={onSubscribe}>
          {t('cta.downgrade', { date: date(action.at) })}
        </Button>
      );
    case 'cancel':
      return (
        <LinkButton to="billing" wide>
          {t('cta.downgrade', { date: date(action.at) })}
        </LinkButton>
      );
    case 'current':
      return <Still>{t('cta.current')}</Still>;
    case 'current_until':
      return <Still>{t('cta.current_until', { date: date(action.until) })}</Still>;
    case 'scheduled':
      return <Still>{t('cta.scheduled', { date: date(action.at) })}</Still>;
    case 'apply':
      return <InvitationAction />;
    case 'sign_in_to_apply':
      return (
        <LinkButton to="sign_in" search={{ next: hrefOf('pricing') }} wide>
          {t('invitation.apply')}
        </LinkButton>
      );
  }
}
