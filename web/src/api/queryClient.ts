import { QueryClient } from '@tanstack/react-query';
import { Problem } from './problem';

export const newQueryClient = () =>
  new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 10_000,
        // What the server has refused it will refuse again.
        retry: (failures, error) => !(error instanceof Problem && error.status < 500) && failures < 2,
      },
    },
  });
