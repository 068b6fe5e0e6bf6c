/** Questions that interrupt: yes or no, or a name. Awaited where they are asked; drawn once, by the root layout. */
import { createContext } from 'svelte';

export interface Question {
  title: string;
  action: string;
  danger: boolean;
  /** Set when a text is asked for, with its label and first value. */
  field: { label: string; value: string } | null;
  answer: (value: string | null) => void;
}

export class Questions {
  current = $state.raw<Question | null>(null);

  /** @returns true when the person agreed */
  async confirm(title: string, action: string): Promise<boolean> {
    return (await this.#ask({ title, action, danger: true, field: null })) !== null;
  }

  /** @returns the text, or null when the person went back or left it empty */
  async text(title: string, action: string, field: { label: string; value: string }): Promise<string | null> {
    const value = await this.#ask({ title, action, danger: false, field });
    return value?.trim() || null;
  }

  #ask(question: Omit<Question, 'answer'>): Promise<string | null> {
    this.current?.answer(null);
    return new Promise((resolve) => {
      const answer = (value: string | null) => {
        this.current = null;
        resolve(value);
      };
      this.current = { ...question, answer };
    });
  }
}

export const [useQuestions, provideQuestions] = createContext<Questions>();
