import { useMemo } from 'react';
import { guilloche } from '../lib/guilloche';
import { classes } from './classes';

interface Props {
  /** More for a larger plan or package. */
  petals: number;
  tone?: 'engraver' | 'brass';
}

/** In the upper right corner of a card, beside its text and never behind it. */
export function Rosette({ petals, tone = 'engraver' }: Props) {
  const paths = useMemo(() => guilloche(petals, 10), [petals]);
  return (
    <svg
      aria-hidden
      viewBox="0 0 400 400"
      className={classes(
        'pointer-events-none absolute -top-[62px] -right-[62px] size-32 fill-none opacity-35',
        tone === 'brass' ? 'stroke-brass' : 'stroke-engraver',
      )}
      strokeWidth="1.4"
    >
      {paths.map((path) => (
        <path key={path.slice(0, 24)} d={path} />
      ))}
    </svg>
  );
}
