import type { Check, CheckKind } from '$contracts/checks';
import type { FormValue, FormValues } from '$lib/forms/schema-field';
import { readCheck, toCheckFields, toCheckValues } from './check-form';

let drafts = 0;

/** A check as it is being typed. */
export class CheckDraft {
  /** For keyed lists: checks have no id. */
  readonly key = ++drafts;
  kind = $state<CheckKind>('length');
  values = $state.raw<FormValues>({});
  readonly fields = $derived(toCheckFields(this.kind));
  readonly #read = $derived(readCheck(this.kind, this.values));
  /** Null while a field is missing or wrong. */
  readonly check = $derived<Check | null>('check' in this.#read ? this.#read.check : null);
  readonly issues = $derived('issues' in this.#read ? this.#read.issues : {});

  constructor(check?: Check) {
    if (!check) return;
    this.kind = check.kind;
    this.values = toCheckValues(check);
  }

  choose(kind: CheckKind): void {
    this.kind = kind;
    this.values = {};
  }

  set(path: string, value: FormValue): void {
    this.values = { ...this.values, [path]: value };
  }
}
