import type { ReactNode } from 'react';
import { Card } from './Card';
import { MoreButton, type Pages } from './MoreButton';

interface Props<Item> {
  id: string;
  title: string;
  /** What will be here, while there is nothing. */
  empty: string;
  list: Pages & { data: { pages: { data: Item[] }[] } };
  children: (items: Item[]) => ReactNode;
}

/** A list of the API, page after page. */
export function ListCard<Item>({ id, title, empty, list, children }: Props<Item>) {
  const items = list.data.pages.flatMap((page) => page.data);
  return (
    <Card aria-labelledby={id}>
      <h2 id={id} className="mb-3 text-lg font-bold">
        {title}
      </h2>
      {items.length === 0 ? <p className="text-ink-2">{empty}</p> : children(items)}
      <MoreButton list={list} />
    </Card>
  );
}
