import { Dialog as Base } from '@base-ui/react/dialog';
import { X } from 'lucide-react';
import { type ReactNode, type RefObject, useRef } from 'react';
import { useWords } from '../i18n/WordsProvider';
import { useHost } from '../lib/host';
import { usePlaces } from '../lib/places';
import { useKeptFocus } from './useKeptFocus';

interface Props {
  onClose: () => void;
  /** While something must not be interrupted: it stays open, and its page too. */
  locked?: boolean;
  title: ReactNode;
  description?: ReactNode;
  children: ReactNode;
}

/** Open for as long as it is there. */
export function Dialog({ onClose, locked = false, title, description, children }: Props) {
  const { t } = useWords();
  const host = useHost();
  const popup = useRef<HTMLDivElement>(null);
  const { useHold } = usePlaces();
  useHold(locked);
  return (
    <Base.Root
      open
      onOpenChange={(next, details) => {
        if (locked) details.cancel();
        else if (!next) onClose();
      }}
      // Stripe lays its 3D Secure challenge over everything, outside of this dialog: it must stay usable.
      disablePointerDismissal
    >
      <Base.Portal container={host?.layer}>
        <Base.Backdrop className="fixed inset-0 z-40 bg-veil" />
        <Base.Viewport className="fixed inset-0 z-50 grid items-end justify-items-center overflow-y-auto sm:place-items-center sm:p-6">
          <Base.Popup
            ref={popup}
            // Not the button that closes it: its title is read first.
            initialFocus={popup}
            className="relative w-full max-w-[480px] rounded-t-card bg-surface p-5 shadow-dialog outline-none sm:rounded-card sm:p-6"
          >
            <div className="flex items-start justify-between gap-4">
              <Base.Title className="text-xl leading-7 font-bold">{title}</Base.Title>
              <Base.Close
                disabled={locked}
                aria-label={t('dialog.close')}
                className="-mt-2 -mr-2 grid size-11 shrink-0 place-items-center rounded-control text-ink-2 hover:bg-sunken disabled:opacity-40"
              >
                <X aria-hidden className="size-5" />
              </Base.Close>
            </div>
            {description && <Base.Description className="text-ink-2">{description}</Base.Description>}
            <KeptFocus popup={popup} />
            <div className="mt-4">{children}</div>
          </Base.Popup>
        </Base.Viewport>
      </Base.Portal>
    </Base.Root>
  );
}

/** In the popup, which is put into the page later than the dialog. */
function KeptFocus({ popup }: { popup: RefObject<HTMLElement | null> }) {
  useKeptFocus(popup);
  return null;
}
