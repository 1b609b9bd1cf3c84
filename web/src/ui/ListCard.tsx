import { type ReactNode, useId } from 'react';
import { Card } from './Card';
import { MoreButton, type Pages } from './MoreButton';

interface Props<Item> {
  title: string;
  /** What will be here, while there is nothing. */
  empty: string;
  list: Pages & { data: { pages: { data: Item[] }[] } };
  /** Beside the title, while there is something. */
  action?: ReactNode;
  children: (items: Item[]) => ReactNode;
}

/** A list of the API, page after page. */
export function ListCard<Item>({ title, empty, list, action, children }: Props<Item>) {
  const id = useId();
  const items = list.data.pages.flatMap((page) => page.data);
  return (
    <Card aria-labelledby={id}>
      <div className="mb-3 flex flex-wrap items-center justify-between gap-x-6">
        <h2 id={id} className="text-lg font-bold">
          {title}
        </h2>
        {items.length > 0 && action}
      </div>
      {items.length === 0 ? <p className="text-ink-2">{empty}</p> : children(items)}
      <MoreButton list={list} />
    </Card>
  );
}
