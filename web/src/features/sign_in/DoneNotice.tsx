import type { Place } from '../../lib/places';
import type { Tone } from '../../ui/Badge';
import { LinkButton } from '../../ui/LinkButton';
import { Notice } from '../../ui/Notice';

interface Props {
  tone?: Tone;
  title: string;
  to: Place;
  /** Of the link there. */
  label: string;
}

/** It is done, or cannot be, and this is where it goes on. */
export function DoneNotice({ tone = 'good', title, to, label }: Props) {
  return (
    <div className="grid gap-4">
      <Notice alert tone={tone} title={title} />
      <LinkButton to={to} look="primary" wide>
        {label}
      </LinkButton>
    </div>
  );
}
