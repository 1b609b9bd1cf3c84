import { useId } from 'react';
import type { CancelReason } from '../../api/shapes';
import { useWords } from '../../i18n/WordsProvider';
import { SelectField } from '../../ui/SelectField';

const REASONS: CancelReason[] = [
  'too_expensive',
  'unused',
  'missing_features',
  'switched_service',
  'too_complex',
  'low_quality',
  'customer_service',
  'other',
];

interface Props {
  reason: CancelReason | undefined;
  onReason: (reason: CancelReason | undefined) => void;
  comment: string;
  onComment: (comment: string) => void;
}

/** Asked for, and never demanded. */
export function CancelReasons({ reason, onReason, comment, onComment }: Props) {
  const { t } = useWords();
  const id = useId();
  return (
    <div className="grid gap-3">
      <SelectField
        label={t('cancel.reason')}
        value={reason ?? ''}
        onChange={(event) => onReason(REASONS.find((known) => known === event.target.value))}
      >
        <option value="">{t('cancel.no_reason')}</option>
        {REASONS.map((known) => (
          <option key={known} value={known}>
            {t(`cancel.reasons.${known}`)}
          </option>
        ))}
      </SelectField>
      <div>
        <label htmlFor={`${id}-comment`} className="block font-medium">
          {t('cancel.comment')}
        </label>
        <textarea
          id={`${id}-comment`}
          rows={2}
          maxLength={500}
          value={comment}
          onChange={(event) => onComment(event.target.value)}
          className="mt-1 block w-full rounded-control border border-edge bg-surface px-3 py-2"
        />
      </div>
    </div>
  );
}
