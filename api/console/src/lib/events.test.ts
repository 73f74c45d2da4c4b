import { expect, test } from 'vitest';
import { events } from './events';

const streamOf = (...pieces: string[]) =>
  new ReadableStream<Uint8Array>({
    start(controller) {
      for (const piece of pieces) controller.enqueue(new TextEncoder().encode(piece));
      controller.close();
    },
  });

test('events arrive whole, however the stream was cut, and comments are heard', async () => {
  let heard = 0;
  const found = [];
  const stream = streamOf('event: al', 'ert\nid: 7\ndata: {"a":1}\n\n: still here\n\n');
  for await (const event of events(stream, () => heard++)) found.push(event);
  expect(found).toEqual([{ event: 'alert', id: '7', data: '{"a":1}' }]);
  expect(heard).toBe(2);
});
