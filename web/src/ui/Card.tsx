import type { ComponentProps } from 'react';
import { classes } from './classes';

export function Card({ className, ...rest }: ComponentProps<'section'>) {
  return (
    <section
      {...rest}
      className={classes(
        'relative overflow-hidden rounded-card border border-line bg-surface p-6',
        className,
      )}
    />
  );
}
