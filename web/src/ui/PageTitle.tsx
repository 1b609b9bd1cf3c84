import { usePageName } from '../lib/usePageName';
import { Heading } from './Heading';

/** The page's one h1, and the name of its tab. */
export function PageTitle({ children }: { children: string }) {
  usePageName(children);
  return <Heading>{children}</Heading>;
}
