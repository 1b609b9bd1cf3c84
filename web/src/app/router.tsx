import type { QueryClient } from '@tanstack/react-query';
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  redirect,
} from '@tanstack/react-router';
import { meQuery } from '../api/queries';
import { isBillingPeriod } from '../api/shapes';
import type { PricingChoice } from '../features/pricing/PricingTable';
import { localPath } from '../lib/localPath';
import { ErrorPage } from './ErrorPage';
import { NotFoundPage } from './NotFoundPage';
import { Shell } from './Shell';

interface Context {
  queries: QueryClient;
}

const text = (value: unknown) => (typeof value === 'string' ? value : undefined);

const root = createRootRouteWithContext<Context>()({ component: Shell, notFoundComponent: NotFoundPage });

const home = createRoute({
  getParentRoute: () => root,
  path: '/',
  beforeLoad: () => {
    throw redirect({ to: '/pricing', replace: true });
  },
});

const pricing = createRoute({
  getParentRoute: () => root,
  path: '/pricing',
  validateSearch: (search: Record<string, unknown>): PricingChoice => ({
    period: isBillingPeriod(search.period) ? search.period : undefined,
    subscribe: text(search.subscribe),
  }),
  component: lazyRouteComponent(() => import('./PricingRoute'), 'PricingRoute'),
});

const signIn = createRoute({
  getParentRoute: () => root,
  path: '/sign-in',
  validateSearch: (search: Record<string, unknown>): { next?: string } => ({ next: localPath(search.next) }),
  component: lazyRouteComponent(() => import('../features/sign_in/SignInPage'), 'SignInPage'),
});

const enter = createRoute({
  getParentRoute: () => root,
  path: '/enter',
  validateSearch: (search: Record<string, unknown>): { code?: string; next?: string } => ({
    code: text(search.code),
    next: localPath(search.next),
  }),
  component: lazyRouteComponent(() => import('../features/sign_in/EnterPage'), 'EnterPage'),
});

const register = createRoute({
  getParentRoute: () => root,
  path: '/register',
  validateSearch: (search: Record<string, unknown>): { next?: string } => ({ next: localPath(search.next) }),
  component: lazyRouteComponent(() => import('../features/sign_in/RegisterPage'), 'RegisterPage'),
});

const forgotPassword = createRoute({
  getParentRoute: () => root,
  path: '/forgot-password',
  component: lazyRouteComponent(() => import('../features/sign_in/ForgotPasswordPage'), 'ForgotPasswordPage'),
});

const resetPassword = createRoute({
  getParentRoute: () => root,
  path: '/reset-password',
  validateSearch: (search: Record<string, unknown>): { token?: string } => ({ token: text(search.token) }),
  component: lazyRouteComponent(() => import('../features/sign_in/ResetPasswordPage'), 'ResetPasswordPage'),
});

const verifyEmail = createRoute({
  getParentRoute: () => root,
  path: '/verify-email',
  validateSearch: (search: Record<string, unknown>): { token?: string } => ({ token: text(search.token) }),
  component: lazyRouteComponent(() => import('../features/sign_in/VerifyEmailPage'), 'VerifyEmailPage'),
});

/** Around the pages of somebody who is signed in. */
const member = createRoute({
  getParentRoute: () => root,
  id: 'member',
  beforeLoad: async ({ context, location }) => {
    const me = await context.queries.ensureQueryData(meQuery);
    if (!me) throw redirect({ to: '/sign-in', search: { next: location.href }, replace: true });
  },
});

const tokens = createRoute({
  getParentRoute: () => member,
  path: '/tokens',
  component: lazyRouteComponent(() => import('./TokensRoute'), 'TokensRoute'),
});

const ai = createRoute({
  getParentRoute: () => member,
  path: '/ai',
  component: lazyRouteComponent(() => import('../features/ai/AiPage'), 'AiPage'),
});

const billing = createRoute({
  getParentRoute: () => member,
  path: '/account/billing',
  validateSearch: (search: Record<string, unknown>): { started?: boolean } => ({
    started: search.started === true || undefined,
  }),
  component: lazyRouteComponent(() => import('./BillingRoute'), 'BillingRoute'),
});

const invoice = createRoute({
  getParentRoute: () => member,
  path: '/account/invoice',
  validateSearch: (search: Record<string, unknown>): { id: string } => ({ id: text(search.id) ?? '' }),
  component: lazyRouteComponent(() => import('./InvoiceRoute'), 'InvoiceRoute'),
});

const account = createRoute({
  getParentRoute: () => member,
  path: '/account',
  component: lazyRouteComponent(() => import('../features/account/AccountPage'), 'AccountPage'),
});

const routeTree = root.addChildren([
  home,
  pricing,
  signIn,
  enter,
  register,
  forgotPassword,
  resetPassword,
  verifyEmail,
  member.addChildren([tokens, ai, billing, invoice, account]),
]);

export function buildRouter(queries: QueryClient) {
  return createRouter({
    routeTree,
    context: { queries },
    defaultErrorComponent: ErrorPage,
    defaultPreload: 'intent',
    scrollRestoration: true,
  });
}

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof buildRouter>;
  }
}
