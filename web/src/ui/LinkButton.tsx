import { createLink } from '@tanstack/react-router';
import type { ComponentProps } from 'react';
import { buttonClasses, type Look } from './buttonClasses';

interface Props extends ComponentProps<'a'> {
  look?: Look;
  wide?: boolean;
}

function Anchor({ look = 'secondary', wide, ...rest }: Props) {
  return <a {...rest} className={buttonClasses(look, wide)} />;
}

/** A link of the router that looks like a button. */
export const LinkButton = createLink(Anchor);
