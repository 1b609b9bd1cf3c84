import { useRouter } from '@tanstack/react-router';
import { type RefObject, useEffect } from 'react';

/** On another page the keyboard begins at its content, as after loading one; its name is announced by `usePageName`. */
export function useFocusOnArrival(main: RefObject<HTMLElement | null>): void {
  const router = useRouter();
  useEffect(
    () =>
      router.subscribe('onRendered', ({ fromLocation, pathChanged }) => {
        const isInDialog = document.activeElement?.closest('[role=dialog]');
        if (fromLocation && pathChanged && !isInDialog) main.current?.focus({ preventScroll: true });
      }),
    [router, main],
  );
}
