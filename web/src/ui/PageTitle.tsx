import { useEffect } from 'react';

/** The page's one h1, and the name of its tab. */
export function PageTitle({ children }: { children: string }) {
  useEffect(() => {
    document.title = `${children} · AllThrive`;
  }, [children]);
  return <h1 className="mb-6 text-[28px] leading-9 font-bold tracking-tight">{children}</h1>;
}
