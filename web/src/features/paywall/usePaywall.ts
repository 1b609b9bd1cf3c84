import { useSyncExternalStore } from 'react';
import { type PaywallState, paywall } from '../../api/paywall';

export const usePaywall = (): PaywallState => useSyncExternalStore(paywall.subscribe, paywall.state);
