import { useSuspenseQuery } from '@tanstack/react-query';
import { cardsQuery } from '../../api/queries';
import type { KeptCard } from '../../api/shapes';

/** The cards that can pay without being typed again: first the one that pays anyway. */
export const savedCards = (cards: KeptCard[]): KeptCard[] =>
  cards
    .filter(({ expired }) => !expired)
    .sort((one, other) => Number(other.is_default) - Number(one.is_default));

export const useSavedCards = (): KeptCard[] => savedCards(useSuspenseQuery(cardsQuery).data);
