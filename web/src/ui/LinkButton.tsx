import type { ComponentProps } from 'react';
import { type Place, type Search, usePlaces } from '../lib/places';
import { buttonClasses, type Look } from './buttonClasses';

interface Props extends Omit<ComponentProps<'a'>, 'href' | 'className'> {
  to: Place;
  search?: Search;
  look?: Look;
  wide?: boolean;
}

/** A link to one of the pages, that looks like a button. */
export function LinkButton({ to, search, look = 'secondary', wide, onClick, ...rest }: Props) {
  const { hrefOf, go } = usePlaces();
  const href = hrefOf(to, search);
  return (
    <a
      {...rest}
      href={href}
      onClick={(event) => {
        onClick?.(event);
        // In another tab or window it is the browser's.
        const isPlain =
          event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
        if (event.defaultPrevented || !isPlain) return;
        event.preventDefault();
        go(href);
      }}
      className={buttonClasses(look, wide)}
    />
  );
}
