import type { ComponentProps } from 'react';
import { useHost } from '../lib/host';

/** The first heading of a page: its h1, or what a host has asked for. */
export function TopHeading(props: ComponentProps<'h1'>) {
  const Tag = useHost()?.heading ?? 'h1';
  return <Tag {...props} />;
}
