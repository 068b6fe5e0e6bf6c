/**
 * What admins ask of a year of feedback: every query of the feedback page, by the services that answer it, on a real Postgres with a
 * million events; and the leaderboard of twenty versions over a hundred thousand battles.
 */
import type { DataSource } from 'typeorm';
import { feedbackFilterSchema } from '../common/contracts/feedback-filter.js';
import { feedbackPageQuerySchema } from '../common/contracts/feedback-review.js';
import { LeaderboardService } from '../server/feedback/leaderboard/leaderboard.service.js';
import { FeedbackDetails } from '../server/feedback/review/feedback-detail.service.js';
import { FeedbackSummaries } from '../server/feedback/review/feedback-summary.service.js';
import { FeedbackTable } from '../server/feedback/review/feedback-table.service.js';
import type { Bench, BenchTable } from './bench.js';
import { feedbackYear, withFeedbackYear } from './bench-database.js';
import { timeQueries, type Query } from './query-times.js';

/** Half a year back. */
const middleCursor = '2025-07-02T00:00:00.000000Z_1';
const rounds = 40;
const leaderboardRounds = 10;

export const feedbackQueries: Bench = {
  summary: "the admin's queries over a million events of feedback, and the leaderboard",
  run({ say }) {
    return withFeedbackYear(say, (db) => measureFeedback(db, say));
  },
};

/** @returns the queries' times on a database that is filled */
export async function measureFeedback(db: DataSource, say: (line: string) => void): Promise<BenchTable[]> {
  const queries = await listQueries(db);
  const leaderboard = new LeaderboardService(db);
  const standings = Object.fromEntries(
    [false, true].map((isLengthControlled) => [
      `leaderboard${isLengthControlled ? ', length-controlled' : ''}`,
      () => leaderboard.get({ isLengthControlled }),
    ]),
  );
  return [
    {
      title: `Queries of the feedback page, ${feedbackYear.events.toLocaleString('en')} events`,
      columns: ['', 'p50, ms', 'p95, ms'],
      rows: await timeQueries(queries, rounds, say),
      notes: [
        `${rounds} rounds of all queries in turn, after one that is not counted; ${feedbackYear.people} people, ${feedbackYear.conversations.toLocaleString('en')} conversations, 365 days; Postgres as the launcher starts it.`,
      ],
    },
    {
      title: `${feedbackYear.versions} versions over about ${feedbackYear.battles.toLocaleString('en')} battles`,
      columns: ['', 'p50, ms', 'p95, ms'],
      rows: await timeQueries(standings, leaderboardRounds, say),
      notes: ['Ratings, 1,000 bootstrap rounds and the win matrix, from the tables on.'],
    },
  ];
}

async function listQueries(db: DataSource): Promise<Record<string, Query>> {
  const [table, summaries, details] = [
    new FeedbackTable(db),
    new FeedbackSummaries(db),
    new FeedbackDetails(db),
  ];
  const middle = await table.list(feedbackPageQuerySchema.parse({ cursor: middleCursor }));
  const { id: eventId = '', rater, versions } = middle.items[0] ?? {};
  const filters = {
    'no filter': {},
    usable: { isUsable: true, isExcluded: false },
    'not usable': { isUsable: false },
    excluded: { isExcluded: true },
    'one version': { versionIds: [versions?.[0]?.id] },
    'one rater': { raterIds: [rater?.id] },
    'a rare tag': { tags: ['unsafe'] },
    'two tags, usable': { tags: ['wrong', 'too-long'], isUsable: true },
    'edits of a script': { kinds: ['edit'], scripts: ['other'] },
    'left wins of the last month': { verdicts: ['left'], from: '2025-12-01T00:00:00Z' },
    'no passive picks, one quarter': {
      isPassive: false,
      from: '2025-04-01T00:00:00Z',
      to: '2025-07-01T00:00:00Z',
    },
    'of the API (none)': { source: 'api' },
  };
  const queries = Object.entries(filters).flatMap(([name, filter]): [string, Query][] => [
    [`table: ${name}`, () => table.list(feedbackPageQuerySchema.parse(filter))],
    [`counts and trends: ${name}`, () => summaries.summarise(feedbackFilterSchema.parse(filter))],
  ]);
  return {
    ...Object.fromEntries(queries),
    'table: from the middle on': () => table.list(feedbackPageQuerySchema.parse({ cursor: middleCursor })),
    'one event': () => details.get(eventId),
  };
}
