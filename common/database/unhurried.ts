/**
 * A term of a statement's WITH, to be named in its FROM as well: its commit does not wait for the disk. For what is done again where a crash of
 * Postgres, which may take the last half second, has lost it.
 */
export const unhurried = `unhurried AS (SELECT set_config('synchronous_commit', 'off', true))`;
