/** English: the catalogue that decides which messages there are; one file an area. */
import { common } from './common';
import { errors } from './errors';
import { connection } from './connection';
import { auth } from './auth';
import { account } from './account';
import { people } from './people';
import { models } from './models';
import { datasets } from './datasets';
import { checks } from './checks';
import { forms } from './forms';
import { prompts } from './prompts';
import { rewards } from './rewards';
import { rounds } from './rounds';
import { runs } from './runs';
import { runSettings } from './run-settings';
import { sidebar } from './sidebar';
import { chat } from './chat';
import { comparison } from './comparison';
import { comparisonSettings } from './comparison-settings';
import { ownFeedback } from './own-feedback';
import { ratings } from './ratings';
import { review } from './review';
import { leaderboard } from './leaderboard';
import { settings } from './settings';
import { tokens } from './tokens';
import { share } from './share';
import { palette } from './palette';
import { shortcuts } from './shortcuts';
import { canary } from './canary';
import { costs } from './costs';
import { lineage } from './lineage';
import { versions } from './versions';
import { rating } from './rating';
import { queues } from './queues';

export const en = {
  common,
  errors,
  connection,
  auth,
  account,
  people,
  models,
  datasets,
  checks,
  forms,
  prompts,
  rewards,
  rounds,
  runs,
  runSettings,
  sidebar,
  chat,
  comparison,
  comparisonSettings,
  ownFeedback,
  ratings,
  review,
  leaderboard,
  settings,
  tokens,
  share,
  palette,
  shortcuts,
  versions,
  lineage,
  costs,
  canary,
  rating,
  queues,
};
