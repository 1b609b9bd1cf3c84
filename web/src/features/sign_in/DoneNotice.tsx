import type { Place } from '../../lib/places';
import { LinkButton } from '../../ui/LinkButton';
import { Notice } from '../../ui/Notice';

interface Props {
  title: string;
  to: Place;
  /** Of the link there. */
  label: string;
}

/** It is done, and this is where it goes on. */
export function DoneNotice({ title, to, label }: Props) {
  return (
    <div className="grid gap-4">
      <Notice alert tone="good" title={title} />
      <LinkButton to={to} look="primary" wide>
        {label}
      </LinkButton>
    </div>
  );
}
