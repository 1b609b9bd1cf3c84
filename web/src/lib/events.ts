/** One of a stream of server-sent events. */
export interface ServerEvent {
  name: string;
  data: string;
}

/** Reads a stream of server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html). */
export async function* eventsOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<ServerEvent> {
  const reader = stream.getReader();
  const decoder = new TextDecoder();
  let rest = '';
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const parts = (rest + decoder.decode(value, { stream: true })).replaceAll('\r\n', '\n').split('\n\n');
      rest = parts.pop() ?? '';
      for (const part of parts) {
        const event = parse(part);
        if (event) yield event;
      }
    }
  } finally {
    // Whoever stops reading ends the request too.
    await reader.cancel();
  }
}

/** Null for a comment, which only keeps the line open. */
function parse(part: string): ServerEvent | null {
  let name = 'message';
  const data: string[] = [];
  for (const line of part.split('\n')) {
    const [field, text = ''] = line.split(/:(?: ?)(.*)/s, 2);
    if (field === 'event') name = text;
    if (field === 'data') data.push(text);
  }
  return data.length > 0 ? { name, data: data.join('\n') } : null;
}
