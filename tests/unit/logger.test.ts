import { describe, expect, it } from 'vitest';
import { QueryFailedError } from 'typeorm';
import { AppError } from '../../common/contracts/errors.js';
import { serializeError } from '../../common/logging/logger.js';

describe('the log', () => {
  it('has of a failed query the statement and the code, and nothing that people wrote', () => {
    const driverError = Object.assign(
      new Error('duplicate key value violates unique constraint "uq_users_email"'),
      {
        code: '23505',
        detail: 'Key (email)=(ann@example.org) already exists.',
      },
    );
    const failed = new QueryFailedError('INSERT INTO users VALUES ($1)', ['ann@example.org'], driverError);
    for (const error of [failed, new AppError('ACCOUNT_EMAIL_TAKEN', {}, failed)]) {
      const text = JSON.stringify(serializeError(error));
      expect(text).toContain('uq_users_email');
      expect(text).not.toContain('ann@example.org');
    }
    expect(serializeError(failed)).toMatchObject({ query: 'INSERT INTO users VALUES ($1)', code: '23505' });
  });
});
