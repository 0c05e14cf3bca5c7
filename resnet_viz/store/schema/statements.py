"""Statements that make the tables of the store, version by version (see migrations.py)."""

FIRST = """
CREATE TABLE runs (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    race_id TEXT,
    name TEXT NOT NULL,
    spec TEXT NOT NULL,
    status TEXT NOT NULL DEFAULT 'queued',
    control TEXT NOT NULL DEFAULT 'run',
    extra_steps INTEGER NOT NULL DEFAULT 0,
    message TEXT NOT NULL DEFAULT '',
    created REAL NOT NULL,
    started REAL,
    ended REAL,
    heartbeat REAL NOT NULL,
    pid INTEGER,
    pid_created REAL,
    device TEXT NOT NULL DEFAULT '',
    params INTEGER NOT NULL,
    threads INTEGER
);
CREATE INDEX runs_by_race ON runs (race_id);
CREATE INDEX runs_by_status ON runs (status);
CREATE TABLE records (
    run INTEGER NOT NULL REFERENCES runs (position),
    step INTEGER NOT NULL,
    loss REAL,
    accuracy REAL,
    seconds REAL NOT NULL,
    layers BLOB NOT NULL,
    PRIMARY KEY (run, step)
) WITHOUT ROWID;
"""

# runs.seal: see stored_spec.py. runs.header: see header.py. runs.bytes: what its records take.
# races.steering: 'key' (whoever holds the race's key) or 'nobody' (a race from elsewhere).
# series: a quantity's values at one step, or at many in a chunk; see store/records/chunks.py.
SECOND = """
CREATE TABLE races (
    id TEXT PRIMARY KEY,
    created REAL NOT NULL,
    contestants TEXT NOT NULL,
    seeds TEXT NOT NULL,
    steering TEXT NOT NULL DEFAULT 'key'
);
ALTER TABLE runs ADD COLUMN contestant INTEGER NOT NULL DEFAULT 0;
ALTER TABLE runs ADD COLUMN seed INTEGER NOT NULL DEFAULT 0;
ALTER TABLE runs ADD COLUMN steps INTEGER NOT NULL DEFAULT 0;
ALTER TABLE runs ADD COLUMN seal TEXT NOT NULL DEFAULT '';
ALTER TABLE runs ADD COLUMN header TEXT NOT NULL DEFAULT '';
ALTER TABLE runs ADD COLUMN bytes INTEGER NOT NULL DEFAULT 0;
ALTER TABLE runs ADD COLUMN host TEXT NOT NULL DEFAULT '';
CREATE TABLE series (
    run INTEGER NOT NULL REFERENCES runs (position),
    quantity TEXT NOT NULL,
    first INTEGER NOT NULL,
    last INTEGER NOT NULL,
    count INTEGER NOT NULL,
    data BLOB NOT NULL
);
CREATE UNIQUE INDEX series_by_step ON series (run, quantity, first);
UPDATE runs SET seed = coalesce(json_extract(spec, '$.seed'), 0),
    steps = coalesce(json_extract(spec, '$.steps'), 0) WHERE json_valid(spec);
UPDATE runs SET contestant =
    (SELECT count(*) FROM runs AS r WHERE r.race_id = runs.race_id AND r.position < runs.position)
    WHERE race_id IS NOT NULL;
INSERT INTO races (id, created, contestants, seeds)
    SELECT race_id, min(created), json_group_array(name), json_array(min(seed))
    FROM (SELECT * FROM runs WHERE race_id IS NOT NULL ORDER BY position) GROUP BY race_id;
"""
# A list of thousands of runs reads neither their records nor their specs; see store/stored_spec.py.
THIRD = """
ALTER TABLE races ADD COLUMN name TEXT NOT NULL DEFAULT '';
ALTER TABLE runs ADD COLUMN steps_done INTEGER NOT NULL DEFAULT 0;
UPDATE runs SET seal = '', steps_done =
    coalesce((SELECT max(step) + 1 FROM records WHERE run = position), 0);
CREATE INDEX runs_listed ON runs (
    position, seal, id, race_id, name, contestant, seed, steps, bytes, status, message, created,
    started, ended, steps_done, device, params, threads, host
) WHERE status IN ('stopped', 'finished', 'failed', 'interrupted');
"""
# runs.pace: steps a second at most, in slow motion. notes.id: of a run or a race.
FOURTH = """
ALTER TABLE runs ADD COLUMN pace REAL;
DROP INDEX runs_listed;
CREATE INDEX runs_listed ON runs (
    position, seal, id, race_id, name, contestant, seed, steps, bytes, status, message, created,
    started, ended, steps_done, device, params, threads, host, pace
) WHERE status IN ('stopped', 'finished', 'failed', 'interrupted');
CREATE TABLE notes (
    id TEXT PRIMARY KEY,
    note TEXT NOT NULL
);
"""
# checkpoints.gone: why the weights are not there. measured: see store/measurement_results.py.
FIFTH = """
CREATE TABLE checkpoints (
    run INTEGER NOT NULL REFERENCES runs (position),
    step INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    gone TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (run, step)
) WITHOUT ROWID;
CREATE TABLE measured (
    run INTEGER NOT NULL REFERENCES runs (position),
    step INTEGER NOT NULL,
    measurement TEXT NOT NULL,
    settings TEXT NOT NULL,
    seconds REAL NOT NULL,
    created REAL NOT NULL,
    data BLOB NOT NULL,
    PRIMARY KEY (run, step, measurement, settings)
);
"""
# jobs.same: equal for equal requests of a shared kind, see lab/jobs; jobs.wanted: by how many.
SIXTH = """
CREATE TABLE jobs (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    title TEXT NOT NULL,
    request TEXT NOT NULL,
    same TEXT,
    asker TEXT NOT NULL DEFAULT '',
    wanted INTEGER NOT NULL DEFAULT 1,
    status TEXT NOT NULL DEFAULT 'queued',
    host TEXT NOT NULL DEFAULT '',
    pid INTEGER,
    pid_created REAL,
    created REAL NOT NULL,
    began REAL,
    ended REAL,
    heartbeat REAL NOT NULL,
    limit_seconds REAL NOT NULL,
    progress REAL NOT NULL DEFAULT 0,
    words TEXT NOT NULL DEFAULT '',
    message TEXT NOT NULL DEFAULT '',
    result TEXT
);
CREATE INDEX jobs_by_status ON jobs (status);
CREATE INDEX jobs_by_same ON jobs (same);
"""
# checkpoints.data: the weights, in a race's file alone; see lab/race_file/attachments.py.
SEVENTH = "ALTER TABLE checkpoints ADD COLUMN data BLOB"
# crc: a checksum, none where an earlier version wrote it; see chunks.py. A spec that came with
# a race from elsewhere names no folder of this computer; see data/elsewhere.py.
CHECKSUMS = """
ALTER TABLE records ADD COLUMN crc INTEGER;
ALTER TABLE series ADD COLUMN crc INTEGER;
UPDATE runs SET spec = json_set(spec, '$.dataset', 'elsewhere:images')
    WHERE race_id IN (SELECT id FROM races WHERE steering = 'nobody') AND host <> 'watched'
    AND json_valid(spec) AND json_extract(spec, '$.dataset') LIKE 'folder:%';
"""
# states: see store/saved_states.py; one goes when its run ends. runs.attempts: how many processes
# have taken it up. runs.looked: when somebody last looked at it, paused. runs.asker: who began it.
STATES = """
CREATE TABLE states (
    run INTEGER PRIMARY KEY REFERENCES runs (position),
    step INTEGER NOT NULL,
    bytes INTEGER NOT NULL
);
ALTER TABLE runs ADD COLUMN attempts INTEGER NOT NULL DEFAULT 0;
ALTER TABLE runs ADD COLUMN looked REAL;
ALTER TABLE runs ADD COLUMN asker TEXT NOT NULL DEFAULT '';
"""
END_STATE = """
CREATE TRIGGER runs_end AFTER UPDATE OF status ON runs
WHEN new.status IN ('stopped', 'finished', 'failed', 'interrupted')
BEGIN
    UPDATE runs SET bytes = bytes - (SELECT bytes FROM states WHERE run = new.position)
        WHERE position = new.position AND EXISTS (SELECT 1 FROM states WHERE run = new.position);
    DELETE FROM states WHERE run = new.position;
END
"""
# See store/sweep_rows.py. runs.key: see experiments/cell_key.py; runs.sweep: the id of the sweep
# that queued it, whose runs no list has. runs_alike: see scheduler/eta.py.
SWEEPS = """
CREATE TABLE sweeps (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    status TEXT NOT NULL DEFAULT 'running',
    asker TEXT NOT NULL DEFAULT '',
    host TEXT NOT NULL DEFAULT '',
    priority INTEGER NOT NULL DEFAULT 0,
    turn INTEGER NOT NULL DEFAULT 0,
    created REAL NOT NULL,
    heartbeat REAL NOT NULL,
    spec TEXT NOT NULL
);
CREATE TABLE sweep_cells (
    sweep INTEGER NOT NULL REFERENCES sweeps (position),
    number INTEGER NOT NULL,
    key TEXT NOT NULL,
    status TEXT NOT NULL DEFAULT 'waiting',
    run TEXT,
    attempts INTEGER NOT NULL DEFAULT 0,
    steps_done INTEGER NOT NULL DEFAULT 0,
    seconds REAL,
    message TEXT NOT NULL DEFAULT '',
    final TEXT,
    PRIMARY KEY (sweep, number)
) WITHOUT ROWID;
CREATE INDEX sweep_cells_by_key ON sweep_cells (key);
CREATE INDEX sweep_cells_by_run ON sweep_cells (run) WHERE run IS NOT NULL;
CREATE INDEX sweep_cells_waiting ON sweep_cells (sweep, number) WHERE status = 'waiting';
CREATE INDEX sweep_cells_under_way ON sweep_cells (sweep, run) WHERE status = 'under way';
ALTER TABLE runs ADD COLUMN sweep TEXT NOT NULL DEFAULT '';
ALTER TABLE runs ADD COLUMN key TEXT NOT NULL DEFAULT '';
CREATE INDEX runs_by_sweep ON runs (sweep);
CREATE INDEX runs_by_key ON runs (key) WHERE key <> '';
CREATE INDEX runs_alike ON runs (params, position, steps_done)
    WHERE status IN ('stopped', 'finished', 'failed', 'interrupted');
DROP INDEX runs_listed;
CREATE INDEX runs_listed ON runs (
    position, seal, id, race_id, name, contestant, seed, steps, bytes, status, message, created,
    started, ended, steps_done, device, params, threads, host, pace, sweep
) WHERE status IN ('stopped', 'finished', 'failed', 'interrupted') AND sweep = '';
"""
UNSEAL = """
CREATE TRIGGER runs_unseal AFTER UPDATE OF spec ON runs
BEGIN UPDATE runs SET seal = '' WHERE position = new.position; END
"""
# See store/classes/class_rows.py.
CLASSES = """
CREATE TABLE classes (
    code TEXT PRIMARY KEY,
    asker TEXT NOT NULL DEFAULT '',
    created REAL NOT NULL,
    link TEXT NOT NULL DEFAULT ''
);
CREATE TABLE class_votes (
    code TEXT NOT NULL REFERENCES classes (code),
    prediction TEXT NOT NULL,
    reader TEXT NOT NULL,
    guess TEXT NOT NULL,
    PRIMARY KEY (code, prediction, reader)
) WITHOUT ROWID;
"""
