import { LoaderCircle } from 'lucide-react';
import type { ReactNode } from 'react';

export function Waiting({ children }: { children: ReactNode }) {
  return (
    <div role="status" className="flex items-center gap-3 py-6">
      <LoaderCircle aria-hidden className="size-5 shrink-0 animate-spin text-engraver" />
      {children}
    </div>
  );
}
