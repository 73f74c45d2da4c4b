/** Server-sent events out of a stream of text. Comments are told, too: they say "still here". */

export interface ServerEvent {
  event: string;
  id: string;
  data: string;
}

/** Reads until the stream ends; `heard` is called for whatever arrives. */
export async function* events(
  stream: ReadableStream<Uint8Array>,
  heard: () => void,
): AsyncGenerator<ServerEvent> {
  const reader = stream.pipeThrough(new TextDecoderStream() as never).getReader();
  for (let rest = ''; ; ) {
    const { value, done } = (await reader.read()) as { value?: string; done: boolean };
    if (done) return;
    heard();
    const blocks = (rest + value).split('\n\n');
    rest = blocks.pop() ?? '';
    for (const block of blocks) {
      const found = parse(block);
      if (found.event) yield found;
    }
  }
}

export function parse(block: string): ServerEvent {
  const fields: ServerEvent = { event: '', id: '', data: '' };
  for (const line of block.split('\n')) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon);
    if (colon > 0 && name in fields) fields[name as keyof ServerEvent] = line.slice(colon + 1).trimStart();
  }
  return fields;
}
