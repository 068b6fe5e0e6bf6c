/** A version's family as a graph: what it began as and what began as it, with the data, runs, evaluations and promotions between. */
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { LineageGraph, LineageNode, VersionOrigin } from '../../common/contracts/lineage.js';

/** The newest evaluations and promotions of the version that is asked about; of its family the last one each. */
const judgementsShown = 6;

interface VersionRow {
  id: string;
  name: string;
  createdAt: Date;
  origin: VersionOrigin | null;
  isBase: boolean;
}
interface PartRow {
  id: string;
  detail: string | null;
  at: Date;
}
interface JudgementRow extends PartRow {
  type: 'evaluation' | 'promotion';
  versionId: string;
  name: string | null;
}

@Injectable()
export class LineageGraphs {
  constructor(private readonly db: DataSource) {}

  async get(versionId: string): Promise<LineageGraph> {
    const versions = await this.listFamily(versionId);
    const origins = versions.flatMap(({ origin }) => origin ?? []);
    const [parts, judgements] = await Promise.all([
      this.findParts(origins),
      this.listJudgements(
        versionId,
        versions.map(({ id }) => id),
      ),
    ]);
    return assemble(versions, parts, judgements);
  }

  /** The oldest first, so that each stands behind what it began as. */
  private listFamily(versionId: string): Promise<VersionRow[]> {
    return this.db.query(
      `WITH RECURSIVE before AS (
         SELECT id, origin FROM model_versions WHERE id = $1
         UNION SELECT v.id, v.origin FROM model_versions v
           JOIN before b ON v.id = (b.origin->'start'->>'id')::uuid),
       after AS (
         SELECT $1::uuid AS id
         UNION SELECT v.id FROM model_versions v JOIN after a ON v.origin->'start'->>'id' = a.id::text)
       SELECT id, name, created_at AS "createdAt", origin, origin IS NULL AND adapter_path IS NULL AS "isBase"
       FROM model_versions WHERE id IN (SELECT id FROM before UNION SELECT id FROM after)
       ORDER BY created_at, id`,
      [versionId],
    );
  }

  /** Runs and datasets that are there still. */
  private async findParts(origins: readonly VersionOrigin[]): Promise<Map<string, PartRow>> {
    const rows = await this.db.query<PartRow[]>(
      `SELECT id, kind AS detail, coalesce(finished_at, created_at) AS at FROM runs WHERE id = ANY($1)
       UNION ALL SELECT id, NULL, created_at FROM datasets WHERE id = ANY($2)`,
      [origins.map(({ run }) => run.id), origins.map(({ dataset }) => dataset.id)],
    );
    return new Map(rows.map((row) => [row.id, row]));
  }

  private listJudgements(versionId: string, versionIds: readonly string[]): Promise<JudgementRow[]> {
    return this.db.query(
      `SELECT type, id, "versionId", name, detail, at FROM (
         SELECT told.*, row_number() OVER (PARTITION BY type, "versionId" ORDER BY at DESC) AS place FROM (
           SELECT 'evaluation' AS type, id, candidate_id AS "versionId", live_name AS name, state AS detail,
             coalesce(finished_at, created_at) AS at
           FROM evaluations WHERE candidate_id = ANY($2)
           UNION ALL
           SELECT 'promotion', p.id, p.version_id, u.name, p.kind, p.created_at
           FROM promotions p LEFT JOIN users u ON u.id = p.created_by WHERE p.version_id = ANY($2)) AS told
       ) AS placed
       WHERE place <= CASE "versionId" WHEN $1 THEN ${judgementsShown} ELSE 1 END ORDER BY at`,
      [versionId, versionIds],
    );
  }
}

function assemble(
  versions: readonly VersionRow[],
  parts: ReadonlyMap<string, PartRow>,
  judgements: readonly JudgementRow[],
): LineageGraph {
  const nodes = new Map<string, LineageNode>();
  const edges: LineageGraph['edges'] = [];
  const add = (node: LineageNode) => void (nodes.has(node.id) || nodes.set(node.id, node));
  const addPart = (type: 'run' | 'dataset', { id, name }: { id: string; name: string }) => {
    const part = parts.get(id);
    add({
      id,
      type,
      name,
      detail: part?.detail ?? null,
      at: part?.at.toISOString() ?? null,
      isGone: part === undefined,
    });
  };
  for (const { id, name, createdAt, origin, isBase } of versions) {
    if (origin) {
      const { run, dataset, start } = origin;
      add({ ...start, type: 'version', detail: null, at: null, isGone: true });
      addPart('dataset', dataset);
      addPart('run', run);
      edges.push({ from: start.id, to: run.id }, { from: dataset.id, to: run.id }, { from: run.id, to: id });
    }
    const type = isBase ? 'base' : 'version';
    add({ id, type, name, detail: null, at: createdAt.toISOString(), isGone: false });
  }
  for (const { id, type, versionId, name, detail, at } of judgements) {
    add({ id, type, name: name ?? '', detail, at: at.toISOString(), isGone: false });
    edges.push({ from: versionId, to: id });
  }
  return { nodes: [...nodes.values()], edges };
}
