/** The version side of feedback's way into models. */

/**
 * As a column: the versions that learnt from an event, the live ones first, as JSON.
 *
 * @param eventId  SQL of its id
 */
export const selectLearners = (eventId: string) => `
  (SELECT coalesce(jsonb_agg(jsonb_build_object('id', v.id, 'name', v.name, 'isLive', v.is_live)
     ORDER BY v.is_live DESC, v.created_at DESC), '[]')
   FROM model_version_events t JOIN model_versions v ON v.id = t.model_version_id WHERE t.event_id = ${eventId})`;
