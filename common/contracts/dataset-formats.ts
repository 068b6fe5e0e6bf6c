/** Kinds of training data and the formats it comes and goes in, as plain lists: the page reads them without the schemas. */

/**
 * `sft` answers to imitate; `preference` a better and a worse answer; `kto` answers with a thumb; `prompt` what is still to be answered;
 * `text` documents, from files alone.
 */
export const dataKinds = ['sft', 'preference', 'kto', 'prompt', 'text'] as const;
export type DataKind = (typeof dataKinds)[number];

export const dataSplits = ['train', 'held_out'] as const;
export type DataSplit = (typeof dataSplits)[number];

export const datasetFormats = ['trl-conversational', 'trl-plain', 'csv', 'oasst', 'fastchat'] as const;
export type DatasetFormat = (typeof datasetFormats)[number];

/** What each format has a place for. */
export const formatKinds: Readonly<Record<DatasetFormat, readonly DataKind[]>> = {
  'trl-conversational': dataKinds,
  'trl-plain': dataKinds,
  csv: dataKinds,
  oasst: ['sft', 'preference', 'kto'],
  fastchat: ['preference'],
};

/** @returns the formats that have a place for such rows */
export function listFormats(kind: DataKind): DatasetFormat[] {
  return datasetFormats.filter((format) => formatKinds[format].includes(kind));
}
