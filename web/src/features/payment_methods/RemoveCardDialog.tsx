import { useQueryClient } from '@tanstack/react-query';
import { cardsQuery } from '../../api/queries';
import type { KeptCard } from '../../api/shapes';
import { useWords } from '../../i18n/WordsProvider';
import { useAction } from '../../lib/useAction';
import { Button } from '../../ui/Button';
import { Dialog } from '../../ui/Dialog';
import { ErrorNotice } from '../../ui/ErrorNotice';
import { cardName } from '../paying/cards';
import { deleteCard } from './cardCalls';

export function RemoveCardDialog({ card, onClose }: { card: KeptCard; onClose: () => void }) {
  const { t } = useWords();
  const queries = useQueryClient();
  const { busy, error, run } = useAction(async () => {
    await deleteCard(card.id);
    await queries.invalidateQueries({ queryKey: cardsQuery.queryKey });
    onClose();
  });
  return (
    <Dialog
      locked={busy}
      onClose={onClose}
      title={t('card.remove_title', { card: cardName(card) })}
      description={t('card.remove_detail')}
    >
      {error !== null && (
        <div className="mb-4">
          <ErrorNotice error={error} />
        </div>
      )}
      <div className="grid gap-3 sm:grid-cols-2">
        <Button look="primary" disabled={busy} onClick={onClose}>
          {t('card.keep')}
        </Button>
        <Button look="danger" busy={busy} onClick={run}>
          {t('card.remove')}
        </Button>
      </div>
    </Dialog>
  );
}
