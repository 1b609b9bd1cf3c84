import { CreditCard, TriangleAlert } from 'lucide-react';
import { type ReactNode, useId } from 'react';
import type { KeptCard } from '../../api/shapes';
import { useWords } from '../../i18n/WordsProvider';
import { Badge } from '../../ui/Badge';
import { cardExpiry, cardName } from '../paying/cards';

interface Props {
  card: KeptCard;
  /** Of the one that pays. */
  mark: string;
  /** What can be done with it; told by `describedBy` of which card. */
  children: (describedBy: string) => ReactNode;
}

export function CardRow({ card, mark, children }: Props) {
  const { t } = useWords();
  const id = useId();
  const isLate = card.expired || card.expires_soon;
  const until = { date: cardExpiry(card) };
  return (
    <li className="flex flex-wrap items-center gap-x-3 gap-y-2 border-t border-line py-3 first:border-0 first:pt-0 last:pb-0">
      <CreditCard aria-hidden className="size-5 shrink-0 text-ink-2" />
      <div className="min-w-0 flex-1 basis-52">
        <p className="flex flex-wrap items-center gap-x-3">
          <span id={id} className="font-medium">
            {cardName(card)}
          </span>
          {card.is_default && <Badge tone="good">{mark}</Badge>}
        </p>
        <p
          className={
            isLate ? `flex items-center gap-1.5 ${card.expired ? 'text-seal' : 'text-brass'}` : 'text-ink-2'
          }
        >
          {isLate && <TriangleAlert aria-hidden className="size-4 shrink-0" />}
          {t(card.expired ? 'card.expired' : card.expires_soon ? 'card.expires_soon' : 'card.expires', until)}
        </p>
      </div>
      <div className="-mr-4 ml-auto flex flex-wrap justify-end">{children(id)}</div>
    </li>
  );
}
