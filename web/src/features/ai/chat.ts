import { Problem, type ProblemDocument, Unreachable } from '../../api/problem';
import type { ChatAnswer } from '../../api/shapes';
import { eventsOf } from '../../lib/events';
import { postChat } from './chatCalls';

export interface Turn {
  id: number;
  question: string;
  answer: string;
  /** `asked`: nothing of the answer is there yet; it may be waiting for tokens. */
  state: 'asked' | 'answering' | 'answered' | 'stopped' | 'failed';
  /** What it has cost, once it is answered. */
  cost?: Pick<ChatAnswer, 'source' | 'tokens' | 'usage'>;
  error?: unknown;
}

/** Earlier turns that go along with a question. */
const REMEMBERED = 10;

/** A conversation. It outlives its page, so that a question goes on while its member buys tokens on another. */
export class Chat {
  #turns: Turn[] = [];
  /** Of all turns, also of those that are forgotten. */
  #asked = 0;
  #listeners = new Set<() => void>();
  #running: AbortController | null = null;

  readonly subscribe = (listener: () => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };
  readonly turns = (): Turn[] => this.#turns;

  /** `settled` is called when the answer has ended, however it did. */
  async ask(question: string, settled: () => void) {
    if (this.#running) return;
    const running = new AbortController();
    this.#running = running;
    this.#asked += 1;
    const turn: Turn = { id: this.#asked, question, answer: '', state: 'asked' };
    const messages = this.#messages(question);
    this.#turns = [...this.#turns, turn];
    this.#told();
    try {
      const stream = await postChat(messages, running.signal);
      await this.#read(turn.id, stream);
    } catch (error) {
      this.#change(turn.id, running.signal.aborted ? { state: 'stopped' } : { state: 'failed', error });
    }
    if (this.#running === running) this.#running = null;
    settled();
  }

  /** What was streamed so far stays, and is paid for. */
  readonly stop = () => this.#running?.abort();

  /** Of another member's conversation nothing may be left. */
  readonly forget = () => {
    this.stop();
    this.#running = null;
    this.#turns = [];
    this.#told();
  };

  async #read(id: number, stream: ReadableStream<Uint8Array>) {
    let answer = '';
    for await (const { name, data } of eventsOf(stream)) {
      if (name === 'delta') {
        answer += (JSON.parse(data) as { text: string }).text;
        this.#change(id, { state: 'answering', answer });
      } else if (name === 'done') {
        this.#change(id, { state: 'answered', cost: JSON.parse(data) as ChatAnswer });
        return;
      } else if (name === 'error') {
        throw new Problem(JSON.parse(data) as ProblemDocument);
      }
    }
    throw new Unreachable('the answer has broken off');
  }

  #messages(question: string) {
    const told = this.#turns.filter(({ answer }) => answer).slice(-REMEMBERED);
    const before = told.flatMap((turn) => [
      { role: 'user' as const, content: turn.question },
      { role: 'assistant' as const, content: turn.answer },
    ]);
    return [...before, { role: 'user' as const, content: question }];
  }

  #change(id: number, change: Partial<Turn>) {
    this.#turns = this.#turns.map((turn) => (turn.id === id ? { ...turn, ...change } : turn));
    this.#told();
  }

  #told() {
    for (const listener of this.#listeners) listener();
  }
}

export const chat = new Chat();
