/**
 * The page's words. English is in the first load; Chinese is fetched when it is wanted. A catalogue that lacks a message, or has one
 * too many, does not compile.
 */
import { createContext } from 'svelte';
import { en } from './en';
import { fill, type DetailWords } from './fill';
import type { Messages } from './messages';
import type { ApiError } from '$lib/net/api';

export const locales = ['en', 'zh'] as const;
export type Locale = (typeof locales)[number];
export const localeNames: Record<Locale, string> = { en: 'English', zh: '简体中文' };

const storageKey = 'attune.locale';

export class I18n {
  locale = $state<Locale>('en');
  #messages = $state.raw<Messages>(en);
  #errors = $state.raw<Readonly<Record<string, string>>>({});
  #errorWords = $state.raw<DetailWords>({});

  /** The messages of the language in use. */
  get t(): Messages {
    return this.#messages;
  }

  /** The stored choice, else the browser's first language that we have. */
  static preferred(): Locale {
    const stored = localStorage.getItem(storageKey);
    if (stored === 'en' || stored === 'zh') return stored;
    const known = navigator.languages.map((language) =>
      locales.find((locale) => language.startsWith(locale)),
    );
    return known.find((locale) => locale !== undefined) ?? 'en';
  }

  async use(locale: Locale): Promise<void> {
    if (locale === 'zh') {
      const [messages, errors, words] = await Promise.all([
        import('./zh'),
        import('./zh/error-codes'),
        import('./zh/error-words'),
      ]);
      this.#messages = messages.zh;
      this.#errors = errors.errorsZh;
      this.#errorWords = words.errorWordsZh;
    } else {
      this.#messages = en;
      this.#errors = {};
      this.#errorWords = {};
    }
    this.locale = locale;
    localStorage.setItem(storageKey, locale);
    document.documentElement.lang = locale === 'zh' ? 'zh-Hans' : 'en';
  }

  /** An error in the person's language, by its code; the server's own text where the code is newer than this page, or a detail is missing. */
  error(error: unknown): string {
    if (!isCoded(error)) return this.t.errors.unknown;
    if (error.code === 'PAGE_OFFLINE') return this.t.errors.offline;
    if (error.code === 'PAGE_ANSWER_UNREADABLE') return this.t.errors.unreadable(error.message);
    const language = { words: this.#errorWords, between: this.t.errors.between };
    return fill(this.#errors[error.code], error.details ?? {}, language) ?? error.message;
  }

  /** Things one after the other. */
  list(parts: readonly string[]): string {
    return parts.join(this.t.common.between);
  }

  number(value: number, options?: Intl.NumberFormatOptions): string {
    return new Intl.NumberFormat(this.locale, options).format(value);
  }

  percent(share: number, digits = 0): string {
    return this.number(share, { style: 'percent', maximumFractionDigits: digits });
  }

  bytes(value: number): string {
    const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'] as const;
    const step = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, value)) / 3));
    const digits = step >= 3 ? 1 : 0;
    const unit = units[step] ?? 'byte';
    return this.number(value / 1000 ** step, { style: 'unit', unit, maximumFractionDigits: digits });
  }

  date(iso: string): string {
    return new Intl.DateTimeFormat(this.locale, { dateStyle: 'medium' }).format(new Date(iso));
  }

  dateTime(iso: string): string {
    return new Intl.DateTimeFormat(this.locale, { dateStyle: 'medium', timeStyle: 'short' }).format(
      new Date(iso),
    );
  }
}

type Coded = Pick<ApiError, 'code' | 'message'> & Partial<Pick<ApiError, 'details'>>;

function isCoded(error: unknown): error is Coded {
  return typeof error === 'object' && error !== null && 'code' in error && 'message' in error;
}

export const [useI18n, provideI18n] = createContext<I18n>();
