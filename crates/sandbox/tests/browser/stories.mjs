// The stories. Each gets a scene, and ends when everything that it says holds.
import { CARD_STORIES } from './stories/cards.mjs';
import { ELEMENT_STORIES } from './stories/elements.mjs';
import { ERROR_STORIES } from './stories/errors.mjs';
import { LOOK_STORIES } from './stories/look.mjs';
import { PAYMENT_STORIES } from './stories/payments.mjs';
import { SECURE_STORIES } from './stories/three_d_secure.mjs';

export const STORIES = {
  ...PAYMENT_STORIES,
  ...SECURE_STORIES,
  ...CARD_STORIES,
  ...ELEMENT_STORIES,
  ...ERROR_STORIES,
  ...LOOK_STORIES,
};
