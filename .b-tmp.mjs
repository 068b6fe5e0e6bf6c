import 'reflect-metadata';
import { readFileSync } from 'node:fs';
const root='/work/wt/fbadmin/dist/';
const { createDataSource } = await import(root+'common/database/data-source.js');
const { measureFeedback } = await import(root+'bench/fq-tmp.js');
const db = await createDataSource(readFileSync('/tmp/fbadmin/url','utf8'), {poolSize: 4}).initialize();
for (const t of await measureFeedback(db, ()=>{}, Number(process.argv[2]??3), 2)) console.table(t.rows);
await db.destroy();
