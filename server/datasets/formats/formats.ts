import type { DatasetFormat } from '../../../common/contracts/dataset-formats.js';
import { csv } from './csv.js';
import { fastchat } from './fastchat.js';
import type { DataFormat } from './format.js';
import { oasst } from './oasst.js';
import { trlConversational, trlPlain } from './trl.js';

/** Every format that training data is handed out and taken in by. */
export const formats = {
  'trl-conversational': trlConversational,
  'trl-plain': trlPlain,
  csv,
  oasst,
  fastchat,
} as const satisfies Record<DatasetFormat, DataFormat>;
