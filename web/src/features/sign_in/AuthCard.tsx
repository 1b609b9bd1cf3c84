import type { ReactNode } from 'react';
import { Card } from '../../ui/Card';
import { PageTitle } from '../../ui/PageTitle';

/** The narrow page of everything around signing in. */
export function AuthCard({ title, children }: { title: string; children: ReactNode }) {
  return (
    <div className="mx-auto max-w-[440px] lg:pt-6">
      <Card>
        <PageTitle>{title}</PageTitle>
        {children}
      </Card>
    </div>
  );
}
