import { classes } from './classes';

export type Look = 'primary' | 'secondary' | 'quiet' | 'danger';

const LOOKS: Record<Look, string> = {
  primary: 'bg-engraver text-on-engraver hover:bg-engraver-deep border-transparent',
  secondary: 'bg-surface text-ink border-edge hover:bg-sunken',
  quiet: 'bg-transparent text-ink-2 border-transparent hover:bg-sunken hover:text-ink',
  danger: 'bg-surface text-seal border-seal hover:bg-seal-wash',
};

/** Of everything that looks like a button: 44 px high, wide enough for a finger, and not on paper. */
export const buttonClasses = (look: Look, wide = false) =>
  classes(
    'inline-flex min-h-11 items-center justify-center gap-2 rounded-control border px-4 py-2 text-center font-semibold transition-colors print:hidden',
    'disabled:border-line disabled:bg-transparent disabled:text-ink-2 aria-disabled:border-line aria-disabled:bg-transparent aria-disabled:text-ink-2',
    LOOKS[look],
    wide && 'w-full',
  );
