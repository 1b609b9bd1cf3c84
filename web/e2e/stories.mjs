// The stories. Each gets a scene, and ends when everything that it says holds.
import { BILLING_STORIES } from './stories/billing.mjs';
import { CARD_STORIES } from './stories/cards.mjs';
import { HOST_STORIES } from './stories/hosts.mjs';
import { INVOICE_STORIES } from './stories/invoices.mjs';
import { LEAVING_STORIES } from './stories/leaving.mjs';
import { LOOK_STORIES } from './stories/look.mjs';
import { PAYMENT_STORIES } from './stories/payments.mjs';
import { PAYWALL_STORIES } from './stories/paywall.mjs';
import { PLAN_STORIES } from './stories/plan.mjs';
import { POLICY_STORIES } from './stories/policy.mjs';
import { SIGN_IN_STORIES } from './stories/sign_in.mjs';
import { STATE_STORIES } from './stories/states.mjs';
import { SUBSCRIBE_STORIES } from './stories/subscribe.mjs';
import { TOKEN_STORIES } from './stories/tokens.mjs';

import { TROUBLE_STORIES } from './stories/trouble.mjs';

export const STORIES = {
  ...SIGN_IN_STORIES,
  ...SUBSCRIBE_STORIES,
  ...TOKEN_STORIES,
  ...PAYWALL_STORIES,
  ...TROUBLE_STORIES,
  ...PLAN_STORIES,
  ...PAYMENT_STORIES,
  ...CARD_STORIES,
  ...INVOICE_STORIES,
  ...BILLING_STORIES,
  ...STATE_STORIES,
  ...HOST_STORIES,
  ...POLICY_STORIES,
  ...LEAVING_STORIES,
  ...LOOK_STORIES,
};
