import { type BillingPeriod, isBillingPeriod, type Subscription } from '../../api/shapes';
import type { Key } from '../../i18n/en';
import type { Tone } from '../../ui/Badge';

/** What most needs to be said of a subscription: one thing, the gravest first. */
export type Standing =
  | { kind: 'incomplete' }
  | { kind: 'past_due'; until: string | null }
  | { kind: 'unpaid' }
  | { kind: 'suspended' }
  | { kind: 'paused'; paidUntil: string; resumesAt: string | null }
  | { kind: 'ending'; at: string }
  | { kind: 'changing'; tier: string; period: BillingPeriod; at: string }
  | { kind: 'trial'; until: string }
  | { kind: 'fine' };

export function standingOf(subscription: Subscription): Standing {
  const { status, cancel_at, scheduled_change, trial_end, grace_until, paused } = subscription;
  if (status === 'incomplete') return { kind: 'incomplete' };
  if (status === 'past_due') return { kind: 'past_due', until: grace_until ?? null };
  if (status === 'unpaid') return { kind: 'unpaid' };
  if (status === 'paused') return { kind: 'suspended' };
  if (cancel_at) return { kind: 'ending', at: cancel_at };
  if (paused) return { kind: 'paused', paidUntil: paused.paid_until, resumesAt: paused.resumes_at ?? null };
  if (scheduled_change) {
    const { tier_slug, billing_period, at } = scheduled_change;
    const period = isBillingPeriod(billing_period) ? billing_period : 'monthly';
    return { kind: 'changing', tier: tier_slug, period, at };
  }
  if (status === 'trialing' && trial_end) return { kind: 'trial', until: trial_end };
  return { kind: 'fine' };
}

/** The word beside the plan's name. */
const WORDS: Record<string, { tone: Tone; key: Key }> = {
  trialing: { tone: 'good', key: 'status.trialing' },
  active: { tone: 'good', key: 'status.active' },
  past_due: { tone: 'bad', key: 'status.past_due' },
  incomplete: { tone: 'warn', key: 'status.incomplete' },
  unpaid: { tone: 'bad', key: 'status.unpaid' },
  paused: { tone: 'warn', key: 'status.paused' },
};

export const statusWord = ({ status, paused }: Pick<Subscription, 'status' | 'paused'>) =>
  WORDS[status === 'active' && paused ? 'paused' : status] ?? {
    tone: 'plain' as const,
    key: 'status.other' as const,
  };
