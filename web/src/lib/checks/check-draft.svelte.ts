import type { Check, CheckKind } from '$contracts/checks';
import type { FormValue, FormValues } from '$lib/forms/schema-field';
import { readCheck, toCheckFields, toCheckValues } from './check-form';

let drafts = 0;

/** A check as it is being typed. */
export class CheckDraft {
  /** For keyed lists: checks have no id. */
  readonly key = ++drafts;
  kind = $state<CheckKind>('length');
  values = $state<FormValues>({});
  /** By field; what is wrong with the whole is under ''. */
  issues = $state.raw<Readonly<Record<string, string>>>({});
  fields = $derived(toCheckFields(this.kind));

  constructor(check?: Check) {
    if (!check) return;
    this.kind = check.kind;
    this.values = toCheckValues(check);
  }

  choose(kind: CheckKind): void {
    this.kind = kind;
    this.values = {};
    this.issues = {};
  }

  set(path: string, value: FormValue): void {
    this.values[path] = value;
    this.issues = {};
  }

  /** @returns null when a field is wrong; `issues` says which */
  read(): Check | null {
    const read = readCheck(this.kind, this.values);
    this.issues = 'issues' in read ? read.issues : {};
    return 'check' in read ? read.check : null;
  }
}
