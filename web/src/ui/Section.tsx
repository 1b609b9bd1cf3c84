import { QueryErrorResetBoundary } from '@tanstack/react-query';
import { type ReactNode, Suspense } from 'react';
import { ErrorBoundary } from './ErrorBoundary';

interface Props {
  /** What it is, said where it fails among others. */
  name?: string;
  /** In the final size. */
  skeleton: ReactNode;
  children: ReactNode;
}

/** A part of a page that loads and fails on its own: the rest of the page stands. */
export function Section({ name, skeleton, children }: Props) {
  return (
    <QueryErrorResetBoundary>
      {({ reset }) => (
        <ErrorBoundary name={name} onRetry={reset}>
          <Suspense fallback={skeleton}>{children}</Suspense>
        </ErrorBoundary>
      )}
    </QueryErrorResetBoundary>
  );
}
