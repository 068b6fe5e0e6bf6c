export interface ErrorKind {
  /** HTTP status that the filter answers with. */
  status: number;
  /** True when the same request may succeed later without being changed. */
  retryable: boolean;
  /** What came, what was expected, what to do; `{name}` is filled from the details. */
  message: string;
}
