import { expect, test } from 'vitest';
import { eventsOf } from './events';

function stream(...chunks: string[]): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(new TextEncoder().encode(chunk));
      controller.close();
    },
  });
}

async function all(...chunks: string[]) {
  const events = [];
  for await (const event of eventsOf(stream(...chunks))) events.push(event);
  return events;
}

test('events are read whole, wherever the network has cut them', async () => {
  const text = 'event: delta\ndata: {"text":"a: b"}\n\nevent: done\ndata: {}\n\n';
  const expected = [
    { name: 'delta', data: '{"text":"a: b"}' },
    { name: 'done', data: '{}' },
  ];
  expect(await all(text)).toEqual(expected);
  expect(await all(...text)).toEqual(expected);
});

test('lines of data belong together, comments are no events, and what is not ended does not count', async () => {
  expect(await all(': ping\n\ndata: a\ndata: b\n\ndata: half')).toEqual([{ name: 'message', data: 'a\nb' }]);
});

test('a character that two chunks share is one', async () => {
  const bytes = new TextEncoder().encode('data: é\n\n');
  const halves = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(bytes.slice(0, 7));
      controller.enqueue(bytes.slice(7));
      controller.close();
    },
  });
  const events = [];
  for await (const event of eventsOf(halves)) events.push(event);
  expect(events).toEqual([{ name: 'message', data: 'é' }]);
});
