import { answered, api } from '../../api/client';
import type { ChatMessage } from '../../api/shapes';

/** The answer as a stream of events. Throws a `Problem` for a refusal, which comes before the first of them. */
export const postChat = async (messages: ChatMessage[], signal: AbortSignal) =>
  (await answered(
    api.POST('/api/v1/ai/chat/', { body: { messages, stream: true }, parseAs: 'stream', signal }),
  )) as ReadableStream<Uint8Array>;
