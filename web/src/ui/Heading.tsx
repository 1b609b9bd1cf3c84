import { TopHeading } from './TopHeading';

/** What a page begins with. */
export function Heading({ children }: { children: string }) {
  return <TopHeading className="mb-6 text-[28px] leading-9 font-bold tracking-tight">{children}</TopHeading>;
}
