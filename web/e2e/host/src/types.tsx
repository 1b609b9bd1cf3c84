import { TierCard } from '@allthrive/billing-react';

// Never shown. That this is refused says that the package's types are found, and are more than `any`.
// @ts-expect-error a period is one of three
export const WRONG = <TierCard tier="pro-learn" period="weekly" />;
