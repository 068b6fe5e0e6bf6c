/**
 * A version's model card: what its run wrote when it ended, and what came of the version since. A base has no run; its card begins with
 * where the file is from.
 */
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { markdownTable } from '../../common/data/markdown-table.js';
import { EvaluationEntity } from '../../common/database/evaluation.entity.js';
import type { ModelVersionEntity } from '../../common/database/model-version.entity.js';
import { countFeedback, VersionLineages } from './version-lineage.service.js';

interface PromotionRow {
  at: Date;
  kind: string;
  previousName: string;
  by: string | null;
  reason: string | null;
}

@Injectable()
export class ModelCards {
  constructor(
    private readonly db: DataSource,
    private readonly lineages: VersionLineages,
  ) {}

  /** @returns Markdown, and what a file of it is called @throws AppError `RESOURCE_NOT_FOUND` */
  async write(versionId: string): Promise<{ fileName: string; card: string }> {
    const version = await this.lineages.getRow(versionId);
    const judged = await Promise.all([
      this.describeEvaluations(versionId),
      this.describePromotions(versionId),
    ]);
    const beginning = version.card?.trimEnd() ?? describeBase(version);
    return {
      fileName: `${version.name}.md`,
      card: `${[beginning, ...describeOrigin(version), ...judged.flat()].join('\n\n')}\n`,
    };
  }

  private async describeEvaluations(versionId: string): Promise<string[]> {
    const evaluations = await this.db
      .getRepository(EvaluationEntity)
      .find({ where: { candidateId: versionId }, order: { createdAt: 'ASC' } });
    if (evaluations.length === 0) return [];
    const rows = evaluations.map(({ createdAt, liveName, datasetName, state, result }) => [
      createdAt.toISOString(),
      liveName,
      datasetName,
      result ? `better on ${result.wins} of ${result.pairs} held-out pairs` : state,
    ]);
    return ['## Evaluations', markdownTable(['when', 'against', 'on', 'outcome'], rows)];
  }

  private async describePromotions(versionId: string): Promise<string[]> {
    const promotions = await this.db.query<PromotionRow[]>(
      `SELECT p.created_at AS at, p.kind, p.previous_name AS "previousName", u.name AS by, p.reason
       FROM promotions p LEFT JOIN users u ON u.id = p.created_by WHERE p.version_id = $1 ORDER BY p.sequence`,
      [versionId],
    );
    if (promotions.length === 0) return [];
    const rows = promotions.map(({ at, kind, previousName, by, reason }) => [
      at.toISOString(),
      kind,
      previousName,
      by ?? '-',
      reason ?? '-',
    ]);
    return ['## Put live', markdownTable(['when', 'how', 'instead of', 'by', 'reason'], rows)];
  }
}

function describeBase({ name, model, adapterSha256 }: ModelVersionEntity): string {
  const rows = [
    ['model', `${model.name} (${model.architecture}, ${model.parameters} parameters)`],
    ['SHA-256', `\`${model.sha256}\``],
    ...(adapterSha256 === null ? [] : [['adapter SHA-256', `\`${adapterSha256}\``]]),
    ['licence', model.licence ?? '-'],
    ['source', model.source],
  ];
  return [`# ${name}`, markdownTable(['what', 'value'], rows)].join('\n\n');
}

function describeOrigin(version: ModelVersionEntity): string[] {
  if (!version.origin) return [];
  const { run, dataset, start } = version.origin;
  const { learnt, counted, erased } = countFeedback(version);
  const rows = [
    ['version', version.name],
    ['began as', start.name],
    ['dataset', `${dataset.name} (${dataset.id})`],
    ['run', `${run.name} (${run.id})`],
    ['acts of feedback', String(learnt + erased)],
    ['of these, still said', String(counted)],
    ['of these, erased since', String(erased)],
  ];
  return ['## Origin', markdownTable(['what', 'value'], rows)];
}
