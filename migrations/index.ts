import { CreateModelsAndGenerations1790000100000 } from './1790000100000-create-models-and-generations.js';
import { CreateDownloads1790000150000 } from './1790000150000-create-downloads.js';
import { CreateAccounts1790000200000 } from './1790000200000-create-accounts.js';
import { CreateConversations1790000300000 } from './1790000300000-create-conversations.js';
import { AddTakerToGenerations1790000350000 } from './1790000350000-add-taker-to-generations.js';
import { CreateCompletions1790000400000 } from './1790000400000-create-completions.js';
import { CreateFeedback1790000500000 } from './1790000500000-create-feedback.js';
import { RevealComparisons1790000600000 } from './1790000600000-reveal-comparisons.js';
import { RateCompletions1790000700000 } from './1790000700000-rate-completions.js';
import { DescribeCurrentFeedback1790000710000 } from './1790000710000-describe-current-feedback.js';
import { RememberTrainingEvents1790000720000 } from './1790000720000-remember-training-events.js';
import { CountFeedback1790000730000 } from './1790000730000-count-feedback.js';
import { CreateDatasets1790000800000 } from './1790000800000-create-datasets.js';
import { CreateRuns1790000900000 } from './1790000900000-create-runs.js';
import { AddRepeatsToRuns1790000910000 } from './1790000910000-add-repeats-to-runs.js';
import { CreateEvaluations1790001000000 } from './1790001000000-create-evaluations.js';
import { CreateCanariesAndPins1790003000000 } from './1790003000000-create-canaries-and-pins.js';
import { CreatePromptSets1795707568000 } from './1795707568000-create-prompt-sets.js';
import { CreateRounds1795708584209 } from './1795708584209-create-rounds.js';
import { CreateRatingQueues1795708600000 } from './1795708600000-create-rating-queues.js';
import { PutRewardModelsToWork1795708700000 } from './1795708700000-put-reward-models-to-work.js';
import { AddPromptsToDatasets1795708972000 } from './1795708972000-add-prompts-to-datasets.js';
import { CreateRunRollouts1795709692000 } from './1795709692000-create-run-rollouts.js';
import { JudgeByPromptSets1795711192994 } from './1795711192994-judge-by-prompt-sets.js';
import { KeepOriginOfVersions1795714000000 } from './1795714000000-keep-origin-of-versions.js';
import { CountUses1795714100000 } from './1795714100000-count-uses.js';
import { IndexFinishedGenerations1795714200000 } from './1795714200000-index-finished-generations.js';
import { LetRunsPauseTheChat1795714300000 } from './1795714300000-let-runs-pause-the-chat.js';
import { CountSourcesOfVersions1795714400000 } from './1795714400000-count-sources-of-versions.js';
import { JudgeByThumbs1795714500000 } from './1795714500000-judge-by-thumbs.js';
import { NameRewardModelsOfRounds1795714600000 } from './1795714600000-name-reward-models-of-rounds.js';
import { AskAuthorsOfJudgedPrompts1796000000000 } from './1796000000000-ask-authors-of-judged-prompts.js';
import { CapTimeOfActs1797000000000 } from './1797000000000-cap-time-of-acts.js';
import { MarkMessagesToIndexAgain1798000000000 } from './1798000000000-mark-messages-to-index-again.js';
import { AskConversationsOfJudgedPrompts1799500000000 } from './1799500000000-ask-conversations-of-judged-prompts.js';

/** In order of their timestamps; TypeORM runs those that the database has not seen. */
export const migrations = [
  CreateModelsAndGenerations1790000100000,
  CreateDownloads1790000150000,
  CreateAccounts1790000200000,
  CreateConversations1790000300000,
  AddTakerToGenerations1790000350000,
  CreateCompletions1790000400000,
  CreateFeedback1790000500000,
  RevealComparisons1790000600000,
  RateCompletions1790000700000,
  DescribeCurrentFeedback1790000710000,
  RememberTrainingEvents1790000720000,
  CountFeedback1790000730000,
  CreateDatasets1790000800000,
  CreateRuns1790000900000,
  AddRepeatsToRuns1790000910000,
  CreateEvaluations1790001000000,
  CreateCanariesAndPins1790003000000,
  CreatePromptSets1795707568000,
  CreateRounds1795708584209,
  CreateRatingQueues1795708600000,
  PutRewardModelsToWork1795708700000,
  AddPromptsToDatasets1795708972000,
  CreateRunRollouts1795709692000,
  JudgeByPromptSets1795711192994,
  KeepOriginOfVersions1795714000000,
  CountUses1795714100000,
  IndexFinishedGenerations1795714200000,
  LetRunsPauseTheChat1795714300000,
  CountSourcesOfVersions1795714400000,
  JudgeByThumbs1795714500000,
  NameRewardModelsOfRounds1795714600000,
  AskAuthorsOfJudgedPrompts1796000000000,
  CapTimeOfActs1797000000000,
  MarkMessagesToIndexAgain1798000000000,
  AskConversationsOfJudgedPrompts1799500000000,
];
