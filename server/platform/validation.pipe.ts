import { Injectable, StandardSchemaValidationPipe, type ArgumentMetadata } from '@nestjs/common';
import { AppError } from '../../common/contracts/errors.js';

/** Names of issues beyond this many help nobody. */
const maxIssues = 10;

/**
 * Checks every handler parameter that has a schema (`@Body({ schema })`, `@Query({ schema })`, `@Param('id', { schema })`) and hands on
 * what the schema made of it.
 */
@Injectable()
export class ValidationPipe extends StandardSchemaValidationPipe {
  constructor() {
    super({
      exceptionFactory: (issues) =>
        new AppError('REQUEST_INVALID', {
          param: toPath(issues[0]?.path),
          issues: issues
            .slice(0, maxIssues)
            .map(({ path, message }) => [toPath(path), message].filter(Boolean).join(': ')),
        }),
    });
  }

  override async transform<T>(value: T, metadata: ArgumentMetadata): Promise<T> {
    if (metadata.type !== 'custom') assertStorable(value);
    return super.transform(value, metadata);
  }
}

function toPath(path: readonly (PropertyKey | { key: PropertyKey })[] = []): string {
  return path.map((part) => String(typeof part === 'object' ? part.key : part)).join('.');
}

/** Postgres holds neither U+0000 nor half a surrogate pair: refused here, where it is the sender's fault, rather than failing there. */
export function assertStorable(value: unknown): void {
  const waiting: unknown[] = [value];
  while (waiting.length > 0) {
    const next = waiting.pop();
    if (typeof next === 'string') assertStorableText(next);
    else if (typeof next === 'object' && next !== null)
      for (const [key, inner] of Object.entries(next)) {
        assertStorableText(key);
        waiting.push(inner);
      }
  }
}

function assertStorableText(text: string): void {
  if (text.includes('\0') || /\p{Surrogate}/u.test(text))
    throw new AppError('REQUEST_INVALID', {
      issues: ['text holds U+0000 or half of a surrogate pair, which is not a character'],
    });
}
