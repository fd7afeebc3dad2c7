// Cube's configuration: the same model, over the same published snapshot, for those who run Cube with Node.
//
// Cube reads Parquet files that the manifest lists through views in an in-memory DuckDB, so that it never holds a lock
// and never sees a half-published table. A new snapshot gets a new database and new caches (its id is part of the
// orchestrator's id below), so that nothing has to be restarted and queries that run end on the old one.
//
// Environment: GRIDLAKE_HOME (default ./.gridlake), CUBEJS_API_SECRET (tokens: HS256); for the SQL API CUBEJS_SQL_USER, CUBEJS_SQL_PASSWORD,
// CUBEJS_SQL_REGIONS (who signs in sees these; nothing where it is empty).
// What was tried, and what was not, stands in docs/semantic-layer.md.

const fs = require('fs');
const path = require('path');

if (process.env.GRIDLAKE_STORE) {
  throw new Error('Cube reads snapshots on disk only: unset GRIDLAKE_STORE and use a home that holds everything (the embedded engine reads both).');
}
const home = path.resolve(process.env.GRIDLAKE_HOME || '.gridlake');

const DUCKDB_TYPES = {
  string: 'varchar', large_string: 'varchar', double: 'double', float: 'float', int64: 'bigint', int32: 'integer',
  int16: 'smallint', bool: 'boolean', 'date32[day]': 'date', 'timestamp[us]': 'timestamp',
  'timestamp[us, tz=UTC]': 'timestamptz', 'decimal128(38, 3)': 'decimal(38,3)',
};

const identifier = (name) => `"${String(name).replace(/"/g, '""')}"`;
const literal = (text) => `'${String(text).replace(/'/g, "''")}'`;

// The id of the snapshot readers follow now. Read for every request: it is one small file.
function snapshotId() {
  return JSON.parse(fs.readFileSync(path.join(home, 'published', 'current.json'), 'utf8')).snapshot_id;
}

const kept = { of: '', sql: '' };

// SQL that gives schema gold one view for each table the manifest pins. Cube asks for it with every request, to learn the
// database's kind: writing it each time took half of a request.
function initSql(id) {
  const file = path.join(home, 'published', 'snapshots', `${id}.json`);
  const of = `${id} ${fs.statSync(file).mtimeMs}`;
  if (kept.of !== of) Object.assign(kept, { of, sql: viewsOver(id, JSON.parse(fs.readFileSync(file, 'utf8'))) });
  return kept.sql;
}

function viewsOver(id, manifest) {
  const statements = ["set TimeZone = 'UTC'", 'set parquet_metadata_cache = true', 'create schema if not exists gold'];
  for (const [table, pinned] of Object.entries(manifest.tables)) {
    const columns = pinned.schema.filter((c) => c.name !== 'month');
    const files = pinned.files.map((f) => literal(path.join(home, 'gold', table, f.path)));
    const body = files.length
      ? `select ${columns.map((c) => identifier(c.name)).join(', ')} from read_parquet([${files.join(', ')}], hive_partitioning = false)`
      : `select ${columns.map((c) => `null::${DUCKDB_TYPES[c.type] || 'varchar'} as ${identifier(c.name)}`).join(', ')} where false`;
    statements.push(`create or replace view gold.${identifier(table)} as ${body}`);
  }
  // what the model's rollups ask to know whether they are still of this snapshot
  statements.push(`create or replace view gold.published_snapshot as select ${literal(id)} as snapshot_id`);
  return `${statements.join(';\n')};`;
}

// The groups a token belongs to; semantic/access.py says the same for the embedded engine. None: nothing may be seen.
function groups(claims) {
  const { regions } = claims || {};
  const areNames = (v) => Array.isArray(v) && v.length > 0 && v.every((n) => typeof n === 'string');
  if (claims && 'zones' in claims) return areNames(regions) && areNames(claims.zones) ? ['some_zones'] : [];
  if (regions === '*') return ['all_regions'];
  return areNames(regions) ? ['some_regions'] : [];
}

// The SQL API knows one user, with the rights that CUBEJS_SQL_REGIONS names ("*", or regions separated by commas). Cube compares the password.
function sqlUser(user, env) {
  if (!env.CUBEJS_SQL_USER || !env.CUBEJS_SQL_PASSWORD || user !== env.CUBEJS_SQL_USER) throw new Error('Unknown user or password.');
  const named = (env.CUBEJS_SQL_REGIONS || '').trim();
  const regions = named === '*' ? '*' : named.split(',').map((r) => r.trim()).filter(Boolean);
  return { password: env.CUBEJS_SQL_PASSWORD, securityContext: { regions } };
}

module.exports = {
  schemaPath: path.relative(process.cwd(), path.join(__dirname, 'model')),
  telemetry: false,
  contextToGroups: ({ securityContext }) => groups(securityContext),
  checkSqlAuth: (_request, user) => sqlUser(user, process.env),
  contextToAppId: () => 'gridlake', // the model is the same for every snapshot: compiled once
  contextToOrchestratorId: () => `gridlake_${snapshotId()}`,
  driverFactory: () => ({ type: 'duckdb', databasePath: ':memory:', initSql: initSql(snapshotId()) }),
};
