import { useCallback, useEffect, useRef } from 'react';

/** Gives a signal that ends when the component does, for what would otherwise go on without it. */
export function useUntilLeft(): () => AbortSignal {
  const controller = useRef(new AbortController());
  useEffect(() => {
    controller.current = new AbortController();
    return () => controller.current.abort();
  }, []);
  return useCallback(() => controller.current.signal, []);
}
