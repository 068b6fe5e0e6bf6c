import type { en } from './en';

/** What every language says: the shape of the English catalogue. */
export type Messages = typeof en;
